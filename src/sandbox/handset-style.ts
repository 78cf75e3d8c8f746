/**
 * The handset's stylesheet, and the script that refreshes the page. Served as files, so that the page needs no inline
 * style or script; it also works without the script.
 */

export const STYLE = `
:root{color-scheme:light dark;--bg:#f4f6f7;--card:#fff;--ink:#16232b;--soft:#52636d;--line:#d5dde1;--accent:#0b5c6b;--on:#fff;--bubble:#e3f1f3;--wrong:#a3201b;--focus:#b4480a}
@media (prefers-color-scheme:dark){:root{--bg:#0e1518;--card:#172126;--ink:#e6edf0;--soft:#a3b3bb;--line:#2e3c43;--accent:#6fcbdb;--on:#06262d;--bubble:#1d3238;--wrong:#ff9d94;--focus:#ffb169}}
*{box-sizing:border-box}[hidden]{display:none!important}
body{margin:0;background:var(--bg);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
a{color:var(--accent);text-underline-offset:.2em}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-100vw}.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.5rem 1rem;z-index:1}
.top{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:center;padding:.75rem clamp(1rem,4vw,2.5rem);background:var(--card);border-bottom:1px solid var(--line)}
.top h1{font-size:1.125rem;margin:0;margin-right:auto}.top h1 small{font-weight:400;color:var(--soft);font-size:1rem}
.wide,.narrow{margin:0 auto;padding:1.5rem clamp(1rem,4vw,2.5rem) 4rem}.wide{max-width:80rem}.narrow{max-width:34rem}
.note{margin:0 0 1.5rem;color:var(--soft);max-width:60rem}
.columns{display:grid;gap:1.5rem;grid-template-columns:minmax(0,1fr);align-items:start}
@media (min-width:60rem){.columns{grid-template-columns:18rem minmax(0,1fr) 20rem}}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.125rem}
h2{font-size:1rem;margin:0 0 .75rem}
ul.plain{list-style:none;margin:0;padding:0}
.lines a{display:flex;justify-content:space-between;gap:.5rem;padding:.5rem .75rem;border-radius:8px;text-decoration:none;color:inherit;font-variant-numeric:tabular-nums}
.lines a:hover{background:var(--bubble)}.lines a[aria-current]{background:var(--accent);color:var(--on)}
.count{opacity:.9}.said{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
.head{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;align-items:baseline;justify-content:space-between;margin-bottom:.75rem}.head h2{margin:0}
.news{margin:0 0 .5rem;color:var(--soft);min-height:1.5em}
.text{margin:0 0 1.25rem}.text:last-child{margin-bottom:0}
.who{display:flex;flex-wrap:wrap;gap:0 .5rem;margin:0 0 .25rem;font-variant-numeric:tabular-nums}.who span{color:var(--soft)}
.words{margin:0;width:fit-content;max-width:100%;background:var(--bubble);border-radius:4px 14px 14px 14px;padding:.625rem .875rem;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate}
.facts{margin:.25rem 0 0;color:var(--soft);font-size:.8125rem;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.phones{display:grid;gap:1.5rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));align-items:start}
.two{display:flex;gap:.25rem;align-items:center}.two a:first-child{flex:1}.lines a.beside{font-size:.8125rem;text-decoration:underline;padding:.25rem}
.composer{display:grid;gap:.75rem;margin:0 0 1.25rem;padding-bottom:1.25rem;border-bottom:1px solid var(--line);justify-items:start}.composer>div{width:100%}
.sent{display:grid;justify-items:end;text-align:right}.sent .words{text-align:left;border-radius:14px 4px 14px 14px;background:var(--accent);color:var(--on)}
.empty{color:var(--soft);margin:0}
code{font-family:ui-monospace,monospace;font-size:.9em}
label{display:block;font-weight:600;margin-bottom:.25rem}.hint{color:var(--soft);margin:.25rem 0 1rem;font-size:.9375rem}
.inline{display:inline-flex;align-items:center;gap:.5rem;font-weight:400;margin:0}
textarea{resize:vertical}input[type=password],input[type=number],input[type=tel],textarea{width:100%;font:inherit;padding:.5rem .75rem;border:1px solid var(--soft);border-radius:8px;background:var(--bg);color:inherit}
button{font:inherit;font-weight:600;padding:.5rem .875rem;border:1px solid var(--accent);border-radius:8px;background:var(--accent);color:var(--on);cursor:pointer}
button.quiet{background:transparent;color:var(--accent)}button:hover{filter:brightness(1.08)}
.buttons{display:flex;flex-wrap:wrap;gap:.5rem;margin:.75rem 0}
.row{display:flex;gap:.5rem;align-items:end}.row>div{flex:1}
.wrong{color:var(--wrong);font-weight:600;margin:0 0 1rem}
.aside{display:grid;gap:1.5rem}
.time{font-variant-numeric:tabular-nums;margin:0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.875rem}caption{text-align:left;color:var(--soft);padding-bottom:.5rem}
th,td{text-align:left;vertical-align:top;padding:.375rem .5rem .375rem 0;border-top:1px solid var(--line)}th[scope=row]{font-weight:500;white-space:nowrap;font-variant-numeric:tabular-nums}
@media (prefers-reduced-motion:no-preference){.text[data-new]{animation:in .25s ease-out}@keyframes in{from{opacity:0}}}
`;

/** Polls every few seconds, replaces what changed, and says how many texts are new. */
export const SCRIPT = `
"use strict";
const follow = document.getElementById("follow");
const news = document.getElementById("news");
follow.closest("label").hidden = false;
const idsIn = (place) => new Set(Array.from(place.querySelectorAll("[data-text]"), (text) => text.dataset.text));
let refreshing = false;
async function refresh() {
  if (refreshing || !follow.checked || document.hidden) return;
  refreshing = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (fresh.getElementById("sign-in") !== null) return location.reload();
    const before = idsIn(document);
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(part.id);
      if (next === null || next.innerHTML === part.innerHTML || part.contains(document.activeElement)) continue;
      part.replaceChildren(...next.childNodes);
    }
    const added = Array.from(document.querySelectorAll("[data-text]")).filter((text) => !before.has(text.dataset.text));
    for (const text of added) text.closest(".text").dataset.new = "";
    const count = new Set(added.map((text) => text.dataset.text)).size;
    if (count > 0) news.textContent = count === 1 ? "One new text." : count + " new texts.";
  } catch {
    news.textContent = "The service does not answer; trying again.";
  } finally {
    refreshing = false;
  }
}
setInterval(refresh, 2000);
`;
