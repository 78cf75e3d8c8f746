/**
 * How every page looks: one scale of type, one of space, one set of colours for light and dark, written once as custom properties.
 * Files of our own origin, so that no page holds a style.
 */

/** Type, space, colours: what a page may be made of. */
export const TOKENS = `
:root{color-scheme:light dark;
--t1:.8125rem;--t2:.875rem;--t3:1rem;--t4:1.125rem;--t5:1.375rem;--t6:1.75rem;
--s1:.25rem;--s2:.5rem;--s3:.75rem;--s4:1rem;--s5:1.5rem;--s6:2rem;--s7:3rem;
--radius:10px;
--bg:#f5f7f8;--card:#fff;--sunk:#eef2f4;--ink:#14212a;--soft:#51626d;--line:#d8e0e4;--strong:#8a9aa4;
--accent:#0b5c6b;--accent-ink:#fff;--tint:#e2f0f3;--focus:#b4480a;
--good:#0d6b43;--good-bg:#e1f3ea;--bad:#a3201b;--bad-bg:#fbe9e7;--wait:#7a4b00;--wait-bg:#fcf1dc;--calm:#40525d;--calm-bg:#e8edf0}
@media (prefers-color-scheme:dark){:root{
--bg:#0d1418;--card:#151f24;--sunk:#1b272d;--ink:#e6edf0;--soft:#a5b5bd;--line:#2b3940;--strong:#6d7f88;
--accent:#72cddd;--accent-ink:#06262d;--tint:#17343b;--focus:#ffb169;
--good:#7fdcae;--good-bg:#12312a;--bad:#ffa299;--bad-bg:#3a1e1c;--wait:#f3c777;--wait-bg:#352a14;--calm:#b7c5cc;--calm-bg:#24323a}}
`;

/** The head of a page that stands beside the console; all that the API reference takes over besides the tokens. */
export const TOP = `
.brand{display:flex;align-items:center;gap:var(--s2);font-weight:650;color:inherit;text-decoration:none;margin-right:auto;padding:var(--s1) 0}
.brand img{width:1.75rem;height:1.75rem}
.skip{position:absolute;left:-100vw;z-index:3}
.skip:focus{left:var(--s4);top:var(--s2);background:var(--card);padding:var(--s2) var(--s4)}
.top{display:flex;flex-wrap:wrap;gap:var(--s1) var(--s4);align-items:center;padding:var(--s2) clamp(var(--s4),3vw,var(--s6));min-height:3.5rem;background:var(--card);border-bottom:1px solid var(--line)}
.top .brand{margin:0}
.top .what{color:var(--soft)}.top .what::before{content:"/";margin-right:var(--s4);color:var(--line)}
@media (max-width:36rem){.top .what{display:none}}
.top .ways{margin-left:auto;display:flex;flex-wrap:wrap;gap:var(--s1) var(--s4);align-items:center}
`;

/** The rules that pages share. */
export const STYLE = `${TOKENS}${TOP}
*,*::before,*::after{box-sizing:border-box}
[hidden]{display:none!important}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:var(--t3)/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
h1,h2,h3,p,dl,dd,ul,ol,figure{margin:0}
ul.plain,ol.plain{list-style:none;padding:0}
a{color:var(--accent);text-underline-offset:.18em;text-decoration-thickness:1px}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px;border-radius:4px}
code,.id{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9em}
.id,bdi{overflow-wrap:anywhere}
.num,time{font-variant-numeric:tabular-nums}
.num{text-align:right}
.soft{color:var(--soft)}
.small{font-size:var(--t2)}
.nowrap{white-space:nowrap}
.said{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden;white-space:nowrap}
.icon{width:1.125em;height:1.125em;flex:none;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round;vertical-align:-.19em}

/* The frame: a navigation beside the page, or above it behind one button where there is no room. */
.shell{display:grid;grid-template-columns:minmax(0,1fr);min-height:100vh;grid-template-rows:auto 1fr}
.bar{display:flex;align-items:center;gap:var(--s3);padding:var(--s2) var(--s4);background:var(--card);border-bottom:1px solid var(--line)}
.side{background:var(--card);border-right:1px solid var(--line)}
.side nav{padding:var(--s4) var(--s3)}
.side h2{font-size:var(--t1);font-weight:600;color:var(--soft);margin:var(--s5) var(--s3) var(--s1)}
.side h2:first-child{margin-top:0}
.side li a{display:flex;gap:var(--s3);align-items:center;padding:var(--s2) var(--s3);border-radius:8px;color:inherit;text-decoration:none;min-height:2.5rem}
.side li a .icon{color:var(--soft)}
.side li a:hover{background:var(--sunk)}
.side li a[aria-current]{background:var(--tint);color:var(--accent);font-weight:600}
.side li a[aria-current] .icon{color:inherit}
.me{border-top:1px solid var(--line);padding:var(--s4) var(--s4) var(--s5);display:grid;gap:var(--s2);font-size:var(--t2)}
.me strong{display:block;font-size:var(--t3);overflow-wrap:anywhere}
.menu>summary{list-style:none;display:flex;align-items:center;gap:var(--s2);padding:var(--s2) var(--s3);border:1px solid var(--line);border-radius:8px;cursor:pointer;min-height:2.75rem}
.menu>summary::-webkit-details-marker{display:none}
.narrow-nav{position:relative}
.narrow-nav[open]{position:static}
.narrow-nav[open]>.side{position:absolute;left:0;right:0;z-index:2;margin-top:var(--s2);border:0;border-bottom:1px solid var(--line);border-top:1px solid var(--line);box-shadow:0 12px 24px rgb(0 0 0/.15)}
.wide-nav{display:none}
main{padding:var(--s5) clamp(var(--s4),4vw,var(--s6)) var(--s7);max-width:76rem;width:100%}
@media (min-width:60rem){
.shell{grid-template-columns:15.5rem minmax(0,1fr);grid-template-rows:1fr}
.bar{display:none}
.wide-nav{display:flex;flex-direction:column;position:sticky;top:0;height:100vh;overflow-y:auto}
.wide-nav .brand{padding:var(--s4) var(--s5) 0;margin:0}
.wide-nav .me{margin-top:auto}
}
@media (min-width:100rem){main{padding-left:var(--s7);padding-right:var(--s7);max-width:88rem}}

.head{display:flex;flex-wrap:wrap;gap:var(--s2) var(--s4);align-items:center;margin-bottom:var(--s5)}
.head>div:first-child{margin-right:auto}
h1{font-size:var(--t6);line-height:1.2;letter-spacing:-.015em;text-wrap:balance;overflow-wrap:anywhere}
.head p{color:var(--soft);margin-top:var(--s1);max-width:44rem}
h2{font-size:var(--t4);line-height:1.3}
h3{font-size:var(--t3)}
.crumb{font-size:var(--t2);margin-bottom:var(--s2)}
.card{min-width:0;background:var(--card);border:1px solid var(--line);border-radius:var(--radius);padding:var(--s5);margin-bottom:var(--s5)}
.card>h2{margin-bottom:var(--s3)}
.card>h2+p{color:var(--soft);margin:calc(-1*var(--s2)) 0 var(--s4);max-width:44rem}
.card>:last-child{margin-bottom:0}
.two{display:grid;gap:var(--s5);grid-template-columns:minmax(0,1fr);align-items:start}
@media (min-width:70rem){.two{grid-template-columns:minmax(0,1.6fr) minmax(0,1fr)}}
.two>*{margin-bottom:0}
.stack{display:grid;gap:var(--s5);grid-template-columns:minmax(0,1fr)}.stack>*{margin-bottom:0}

.badge{display:inline-flex;align-items:center;gap:var(--s1);padding:.125rem var(--s2);border-radius:99px;font-size:var(--t1);font-weight:600;white-space:nowrap;background:var(--calm-bg);color:var(--calm)}
.badge.good{background:var(--good-bg);color:var(--good)}.badge.bad{background:var(--bad-bg);color:var(--bad)}.badge.wait{background:var(--wait-bg);color:var(--wait)}

.table{width:100%;border-collapse:collapse}
.table-wrap{background:var(--card);border:1px solid var(--line);border-radius:var(--radius);margin-bottom:var(--s4);overflow-x:auto;container-type:inline-size}
.card .table-wrap{border-radius:8px;margin-bottom:0}
.table th{font-size:var(--t1);font-weight:600;color:var(--soft);text-align:left;padding:var(--s3);border-bottom:1px solid var(--line);white-space:nowrap}
.table th.num{text-align:right}
.table td{padding:var(--s3);border-bottom:1px solid var(--line);vertical-align:top}
.table tr:last-child td{border-bottom:0}
.table th:first-child,.table td:first-child{padding-left:var(--s4)}.table th:last-child,.table td:last-child{padding-right:var(--s4)}
.table tbody tr:hover{background:var(--sunk)}
.table .id{white-space:nowrap}
.table bdi.id,.table a.id{white-space:normal}
@container (max-width:52rem){.table .opt{display:none}}
@container (max-width:37rem){
.table .opt{display:flex}
.table thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
.table,.table tbody,.table tr,.table td{display:block}
.table tr{padding:var(--s3) var(--s4);border-bottom:1px solid var(--line)}
.table tr:last-child{border-bottom:0}
.table td,.table td:first-child,.table td:last-child{border:0;padding:var(--s1) 0;display:flex;gap:var(--s4);justify-content:space-between;align-items:baseline;text-align:right}
.table td::before{content:attr(data-label);color:var(--soft);font-size:var(--t2);flex:none;text-align:left}
.table td:has(>.cell:empty){display:none}
.cell{min-width:0;overflow-wrap:anywhere}
form.filter .field{max-width:none;flex-basis:100%}
.cell .buttons{justify-content:flex-end}
.table .id,bdi{overflow-wrap:anywhere}
}

.facts{display:grid;gap:var(--s3) var(--s5);grid-template-columns:minmax(0,1fr)}
.facts>div{display:grid;gap:0 var(--s4);grid-template-columns:minmax(0,1fr)}
.facts dt{color:var(--soft);font-size:var(--t2);overflow-wrap:anywhere}
.facts dd{overflow-wrap:anywhere}
.facts+*{margin-top:var(--s4)}
@media (min-width:32rem){.facts>div{grid-template-columns:7rem minmax(0,1fr)}}

.line{position:relative;display:grid;grid-template-columns:minmax(0,1fr);overflow-wrap:anywhere;gap:var(--s1);padding:0 0 var(--s5) var(--s6)}
.line::before{content:"";position:absolute;left:.6875rem;top:1.75rem;bottom:0;width:2px;background:var(--line)}
.line:last-child::before{display:none}.line:last-child{padding-bottom:0}
.line>.icon{position:absolute;left:0;top:.0625rem;width:1.5rem;height:1.5rem;color:var(--soft);background:var(--card)}
.line.good>.icon{color:var(--good)}.line.bad>.icon{color:var(--bad)}.line.wait>.icon{color:var(--wait)}
.line p{color:var(--soft);font-size:var(--t2)}

form.filter{display:flex;flex-wrap:wrap;gap:var(--s3);align-items:end;margin-bottom:var(--s4)}
form.filter .field{flex:1 1 11rem;margin:0;max-width:18rem}
form.filter .field.wide{flex:3 1 20rem;max-width:none}
form.fields{display:grid;gap:var(--s4);justify-items:start}
.field{display:grid;gap:var(--s1);width:100%;max-width:34rem}
label,legend{font-weight:600;font-size:var(--t2)}
fieldset{border:0;padding:0;margin:0;min-width:0;width:100%}
legend{padding:0}
.checks{display:grid;gap:var(--s1);grid-template-columns:repeat(auto-fill,minmax(min(100%,13rem),1fr));margin-top:var(--s2)}
.check{display:flex;gap:var(--s2);align-items:center;font-weight:400;min-height:2rem}
.check input{width:1.125rem;height:1.125rem;accent-color:var(--accent)}
.hint{color:var(--soft);font-size:var(--t2)}
.wrong{color:var(--bad);font-size:var(--t2);font-weight:600}
input:not([type=checkbox]),select,textarea{font:inherit;color:inherit;background:var(--card);border:1px solid var(--strong);border-radius:8px;padding:var(--s2) var(--s3);min-height:2.75rem;width:100%}
textarea{min-height:6rem;resize:vertical}
[aria-invalid=true]{border-color:var(--bad)!important;box-shadow:inset 0 0 0 1px var(--bad)}
button,.button{font:inherit;font-weight:600;display:inline-flex;align-items:center;justify-content:center;gap:var(--s2);min-height:2.75rem;padding:var(--s2) var(--s4);border-radius:8px;border:1px solid transparent;background:var(--accent);color:var(--accent-ink);text-decoration:none;cursor:pointer}
button:hover,.button:hover{filter:brightness(1.08)}
button.quiet,.button.quiet{background:transparent;color:var(--accent);border-color:var(--line)}
button.quiet:hover,.button.quiet:hover{background:var(--sunk);filter:none}
button.danger{background:transparent;color:var(--bad);border-color:var(--line)}
button.danger:hover{background:var(--bad-bg);filter:none}
button.slim{min-height:2.25rem;padding:var(--s1) var(--s3);font-size:var(--t2)}
.buttons.tight{gap:var(--s2);flex-wrap:nowrap}
select.slim{min-height:2.25rem;padding:var(--s1) var(--s2);font-size:var(--t2);width:auto;max-width:100%}
.gap{margin-top:var(--s5);margin-bottom:var(--s5)}.card>.gap:last-child{margin-bottom:0}
.rows{display:grid;gap:var(--s2);margin-top:var(--s2);max-width:34rem}
.pair{display:grid;gap:var(--s2);grid-template-columns:minmax(0,1fr) 9rem}
.section>h2{margin-bottom:var(--s3)}.section{margin-bottom:var(--s6)}
.tabs{display:flex;flex-wrap:wrap;gap:var(--s1);margin-bottom:var(--s3)}
.tabs a{padding:var(--s1) var(--s3);border-radius:99px;text-decoration:none;min-height:2rem;display:inline-flex;align-items:center}
.tabs a:hover{background:var(--sunk)}.tabs a[aria-current]{background:var(--tint);font-weight:600}
.live-bar{display:flex;gap:var(--s3);align-items:center;flex-wrap:wrap;margin-bottom:var(--s3);min-height:2.25rem}
.live-bar [aria-pressed=true]{background:var(--good-bg);color:var(--good);border-color:currentColor}
.quote{margin:0 0 var(--s4);padding:var(--s3) var(--s4);border-left:3px solid var(--line);background:var(--sunk);border-radius:0 8px 8px 0}.quote:last-child{margin-bottom:0}
.calls{display:grid;gap:var(--s2);min-width:0}.calls pre{margin-top:var(--s1);max-width:32rem}
.funnel{display:grid;gap:var(--s4);grid-template-columns:repeat(auto-fit,minmax(8rem,1fr))}
.funnel li{display:grid;gap:var(--s1)}
.figure{font-size:var(--t5);line-height:1.2;font-variant-numeric:tabular-nums}
progress{appearance:none;width:100%;height:.375rem;border:0;border-radius:99px;background:var(--sunk);overflow:hidden}
progress::-webkit-progress-bar{background:var(--sunk)}progress::-webkit-progress-value{background:var(--accent)}progress::-moz-progress-bar{background:var(--accent)}
.buttons{display:flex;flex-wrap:wrap;gap:var(--s3);align-items:center}

.notice{display:flex;gap:var(--s3);padding:var(--s3) var(--s4);border-radius:var(--radius);margin-bottom:var(--s5);background:var(--tint);color:var(--ink)}
.notice>.icon{margin-top:.1875rem;color:var(--accent)}
.notice.bad{background:var(--bad-bg)}.notice.bad>.icon{color:var(--bad)}
.notice.good{background:var(--good-bg)}.notice.good>.icon{color:var(--good)}
.notice.wait{background:var(--wait-bg)}.notice.wait>.icon{color:var(--wait)}
.notice>div{min-width:0;overflow-wrap:anywhere}
.empty{display:grid;justify-items:center;text-align:center;gap:var(--s2);padding:var(--s7) var(--s5);background:var(--card);border:1px dashed var(--strong);border-radius:var(--radius);margin-bottom:var(--s4)}
.empty .icon{width:2rem;height:2rem;color:var(--soft)}
.empty p{color:var(--soft);max-width:32rem}
.empty .buttons{margin-top:var(--s3)}
.pager{display:flex;gap:var(--s3);flex-wrap:wrap;align-items:center;justify-content:space-between;color:var(--soft);font-size:var(--t2)}
pre{margin:0;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:var(--t1);background:var(--sunk);border-radius:8px;padding:var(--s3);white-space:pre-wrap;overflow-wrap:anywhere}
.words{white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate}
.secret{display:block;padding:var(--s3) var(--s4);border:1px solid var(--strong);border-radius:8px;background:var(--card);overflow-wrap:anywhere;margin-top:var(--s2)}

/* Pages without the frame: signing in, the landing page. */
.plain-page{min-height:100vh;display:grid;grid-template-rows:auto 1fr;justify-items:center}
.plain-page header{width:100%;padding:var(--s4) clamp(var(--s4),4vw,var(--s6));display:flex;gap:var(--s4);align-items:center;flex-wrap:wrap}
.gate{align-self:center;width:100%;max-width:28rem;padding:0 var(--s4) 12vh}
.gate .card{padding:var(--s6)}
.gate h1{font-size:var(--t5);margin-bottom:var(--s2)}
.gate .button{width:100%;margin-top:var(--s5)}
.gate p+p{margin-top:var(--s3)}
.landing{max-width:80rem;width:100%;padding:clamp(var(--s5),8vh,6rem) clamp(var(--s4),4vw,var(--s7)) var(--s7)}
.hero{display:grid;gap:var(--s6) var(--s7);grid-template-columns:minmax(0,1fr);align-items:center}
.hero h1{font-size:clamp(var(--t6),4.6vw,3.25rem);line-height:1.1;letter-spacing:-.025em;max-width:18ch}
.hero .lead{font-size:var(--t4);color:var(--soft);max-width:36rem;margin:var(--s4) 0 var(--s5)}
.exchange{margin:0;background:var(--card);border:1px solid var(--line);border-radius:18px;overflow:hidden;min-width:0}
.exchange-part{margin:0}.exchange-part+.exchange-part{border-top:1px solid var(--line)}.centred{display:grid;justify-items:center}
.exchange figcaption{display:flex;gap:var(--s2);align-items:center;padding:var(--s3) var(--s5);font-size:var(--t2);color:var(--soft);border-bottom:1px solid var(--line)}
.exchange figcaption .icon{color:var(--accent)}
.exchange pre{background:none;border-radius:0;padding:var(--s4) var(--s5);font-size:var(--t2);line-height:1.6}
.exchange mark{background:var(--tint);color:var(--accent);border-radius:4px;padding:0 .25em;font-weight:600}
@media (min-width:62rem){.hero{grid-template-columns:minmax(0,1.05fr) minmax(0,1fr)}}
.tiles{display:grid;gap:var(--s4);grid-template-columns:repeat(auto-fit,minmax(min(100%,16rem),1fr));margin-top:var(--s7)}
.tile{position:relative;background:var(--card);border:1px solid var(--line);border-radius:var(--radius);padding:var(--s5);display:grid;gap:var(--s2);align-content:start}
.tile .icon{width:1.5rem;height:1.5rem;color:var(--accent)}
.tile p{color:var(--soft)}
.tile a::after{content:"";position:absolute;inset:0;border-radius:var(--radius)}.tile:hover{border-color:var(--accent)}
@media (prefers-reduced-motion:no-preference){button,.button,.side li a{transition:background-color .12s,filter .12s}}
@media (forced-colors:active){.badge,.card,.notice{border:1px solid}}
@media print{.side,.bar,.pager,form{display:none!important}.shell{display:block}main{max-width:none;padding:0}}
`;

/** Times become local, with the exact one in reach; a secret can be copied. Every page is whole without it. */
export const SCRIPT = `
const localise = (root) => {
  for (const time of root.querySelectorAll("time[data-local]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const sameYear = at.getFullYear() === new Date().getFullYear();
    time.title = time.dateTime;
    time.textContent = at.toLocaleString(undefined, {
      day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
      ...(time.dataset.local === "exact" ? { second: "2-digit" } : {}),
      ...(sameYear ? {} : { year: "numeric" }),
    });
  }
};
localise(document);
for (const form of document.querySelectorAll("form[data-preview]")) {
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    const target = document.getElementById(form.dataset.preview);
    if (button?.value !== "preview" || target === null) return;
    event.preventDefault(); // what was typed stays, which no answer could bring back
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, button)) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const shown = page.getElementById(form.dataset.preview);
    if (shown === null) location.assign(form.action);
    else target.replaceChildren(...shown.childNodes);
  });
}
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const target = document.getElementById(button.dataset.copy);
    if (target === null) return;
    await navigator.clipboard.writeText(target.textContent ?? "");
    button.textContent = "Copied";
  });
}
`;
