/**
 * The styles of the phone, which the console shows too, and of the handset's own page. They are made of the tokens in look/style.ts.
 */
import { STYLE as LOOK } from "../look/style.ts";

/** A phone: a chat with its composer at the foot. */
export const PHONE_STYLE = `
.phones{display:grid;gap:var(--s5);grid-template-columns:minmax(0,1fr);min-width:0;align-content:start}
.phone{--hue:190;display:grid;grid-template-rows:auto minmax(0,1fr) auto;height:clamp(24rem,calc(100dvh - 7rem),46rem);width:100%;max-width:30rem;background:var(--card);border:1px solid var(--strong);border-radius:24px;overflow:hidden;justify-self:center}
.phone-top{display:flex;align-items:center;gap:var(--s3);padding:var(--s3) var(--s4);border-bottom:1px solid var(--line)}
.phone-top h2{font-size:var(--t3);line-height:1.25;min-width:0}
.phone-top small,.line-name small{display:block;font-weight:400;font-size:var(--t1);color:var(--soft);font-variant-numeric:tabular-nums}
.face{flex:none;display:grid;place-items:center;width:2.25rem;height:2.25rem;border-radius:50%;font-weight:650;background:hsl(var(--hue) 42% 34%);color:#fff}
.hue-0{--hue:190}.hue-1{--hue:265}.hue-2{--hue:335}.hue-3{--hue:15}.hue-4{--hue:140}.hue-5{--hue:220}
.thread{position:relative;display:flex;flex-direction:column-reverse;overflow-y:auto;overscroll-behavior:contain;background:var(--bg);scrollbar-width:thin}
.thread:focus-visible{outline-offset:-3px}
ol.texts{padding:var(--s4);display:grid;gap:var(--s2);grid-template-columns:minmax(0,1fr)}
.older{text-align:center;color:var(--soft);font-size:var(--t1)}
.text{display:grid;justify-items:start;gap:.125rem;max-width:88%;justify-self:start;min-width:0}
.text.sent{justify-items:end;justify-self:end}
.text .who{font-size:var(--t1);color:var(--soft);margin:var(--s2) var(--s3) 0;max-width:100%;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.text .words{background:var(--card);border:1px solid var(--line);border-radius:5px 18px 18px 18px;padding:var(--s2) var(--s3);max-width:100%;min-width:2.5rem}
.text.sent .words{background:var(--accent);color:var(--accent-ink);border-color:transparent;border-radius:18px 5px 18px 18px}
.code-offer{display:flex;flex-wrap:wrap;align-items:center;gap:var(--s2);margin:var(--s1) 0 0;padding:var(--s1) var(--s1) var(--s1) var(--s3);border-radius:10px;background:var(--tint)}
.code-offer code{font-size:var(--t4);font-weight:650;letter-spacing:.08em;user-select:all;padding:var(--s1) 0}
.code-offer .slim{min-height:2.25rem}
.when{font-size:var(--t1);color:var(--soft);max-width:100%}
.when summary{list-style:none;cursor:pointer;padding:.125rem var(--s3);border-radius:6px;width:fit-content;min-height:1.5rem}
.text.sent .when summary{margin-left:auto}
.when summary::-webkit-details-marker{display:none}
.when summary:hover{text-decoration:underline;text-underline-offset:.2em}
.when dl{background:var(--sunk);border-radius:8px;padding:var(--s2) var(--s3);margin-top:var(--s1);display:grid;gap:var(--s1)}
.when dl>div{display:grid;grid-template-columns:4.25rem minmax(0,1fr);gap:var(--s2)}
.when dd{color:var(--ink);overflow-wrap:anywhere}
.composer{display:grid;gap:var(--s2);padding:var(--s3) var(--s4) var(--s4);border-top:1px solid var(--line)}
.composer .to{display:flex;align-items:center;gap:var(--s2)}
.composer .to label{color:var(--soft);font-weight:400}
.composer .to input{min-height:2rem;padding:0 var(--s2);border-color:transparent;background:var(--sunk);font-size:var(--t2);font-variant-numeric:tabular-nums}
.composer .say{display:flex;gap:var(--s2);align-items:end}
.composer textarea{min-height:2.75rem;max-height:8rem;resize:none;field-sizing:content;border-radius:22px;padding:.5625rem var(--s4)}
.composer .say button{flex:none;width:2.75rem;padding:0;border-radius:50%}
.composer .wrong:empty{display:none}
.phone.also{display:none}
@media (min-width:56.25rem){.phone.also{display:grid}.phones.pair-of{grid-template-columns:repeat(2,minmax(0,1fr))}.pair-of .phone:first-child{justify-self:end}.pair-of .phone:last-child{justify-self:start}}
/* Beside a form of the console. */
.with-phone{display:grid;gap:var(--s5);grid-template-columns:minmax(0,1fr);align-items:start}
.with-phone #sent:empty{display:none}
.beside-form{display:grid;gap:var(--s3);grid-template-columns:minmax(0,1fr);min-width:0;align-content:start}
.beside-form .empty{margin:0;border-radius:24px;min-height:24rem;align-content:center}
.beside-form .phones.pair-of{grid-template-columns:minmax(0,1fr)}
.beside-form .phones .phone.also{display:none}
.beside-form .phones .phone{justify-self:center;height:clamp(24rem,calc(100dvh - 13rem),40rem)}
.choices:empty{display:none}
.choices ul{position:relative;display:flex;gap:var(--s2);overflow-x:auto;padding:2px;scrollbar-width:thin}
.choices a{display:flex;align-items:center;gap:var(--s2);min-height:2.25rem;padding:var(--s1) var(--s3);border:1px solid var(--line);border-radius:99px;background:var(--card);color:inherit;text-decoration:none;font-size:var(--t2);white-space:nowrap}
.choices a:hover{background:var(--sunk)}
.choices a[aria-current]{background:var(--tint);border-color:transparent;color:var(--accent);font-weight:600}
.choices .face{width:1.5rem;height:1.5rem;font-size:var(--t1);margin-left:calc(-1*var(--s1))}
@media (min-width:68rem){.to-phone{display:none}.with-phone{grid-template-columns:minmax(0,1fr) minmax(20rem,26rem)}.beside-form{position:sticky;top:var(--s5)}}
@media (min-width:104rem){.with-phone:has(.pair-of){grid-template-columns:minmax(0,1fr) minmax(0,50rem)}.beside-form .phones.pair-of{grid-template-columns:repeat(2,minmax(0,1fr))}.beside-form .phones .phone.also{display:grid}}
@media (prefers-reduced-motion:no-preference){.text[data-new]{animation:text-in .28s cubic-bezier(.2,.9,.3,1.2)}@keyframes text-in{from{opacity:0;transform:translateY(.5rem) scale(.98)}}}
@media (forced-colors:active){.text .words,.code-offer{border:1px solid}}
`;

/** The page around the phones. */
export const STYLE = `${LOOK}
.gate{margin:clamp(var(--s5),10vh,8rem) auto}
.gate form.card,.gate .card{display:grid;gap:var(--s4)}
.gate .card>*{margin:0}
main.handset{max-width:none;display:grid;gap:var(--s5);grid-template-columns:minmax(0,1fr);padding:var(--s5) clamp(var(--s4),3vw,var(--s6)) var(--s7)}
.aside{display:grid;gap:var(--s4);align-content:start;grid-template-columns:minmax(0,1fr);width:100%;max-width:30rem;justify-self:center}
.aside>*{margin:0}
.aside .card{padding:var(--s4)}
@media (min-width:56.25rem){.aside{grid-template-columns:repeat(2,minmax(0,1fr));max-width:61.5rem;align-items:start}}
@media (min-width:73.75rem){.aside{grid-template-columns:minmax(0,1fr)}main.handset{grid-template-columns:minmax(0,61.5rem) 21rem;justify-content:center}}
.lines-head{display:flex;flex-wrap:wrap;gap:var(--s1) var(--s4);justify-content:space-between;align-items:center}
.inline{display:inline-flex;align-items:center;gap:var(--s2);font-weight:400;color:var(--soft)}
.inline input{width:1rem;height:1rem;accent-color:var(--accent)}
.news{color:var(--soft);font-size:var(--t2);min-height:1.5em}
.lines li{position:relative;display:flex;align-items:center;gap:var(--s1)}
.lines li+li{border-top:1px solid var(--line)}
.line-link{flex:1;min-width:0;display:grid;grid-template-columns:auto minmax(0,1fr) auto;grid-template-rows:auto auto;gap:0 var(--s3);align-items:center;padding:var(--s3) var(--s2);color:inherit;text-decoration:none;border-radius:8px}
.line-link .face{grid-row:1/3}
.line-name{font-weight:600;line-height:1.3}
.line-link time{align-self:start}
.line-link time{color:var(--soft);font-size:var(--t1);white-space:nowrap}
.line-last{grid-column:2/4;color:var(--soft);font-size:var(--t2);overflow:hidden;white-space:nowrap;text-overflow:ellipsis}
.line-link:hover{background:var(--sunk)}
.line-link[aria-current]{background:var(--tint)}
.unread .line-last{color:var(--ink);font-weight:600}
.unread .face::after{content:"";position:absolute;left:2.25rem;top:var(--s3);width:.75rem;height:.75rem;border-radius:50%;background:var(--focus);border:2px solid var(--card)}
.beside{flex:none;display:grid;place-items:center;width:2.75rem;height:2.75rem;border-radius:8px}
.beside:hover{background:var(--sunk)}
.fold>summary{display:flex;align-items:center;gap:var(--s3);font-weight:600;cursor:pointer;list-style:none;min-height:1.75rem}
.fold>summary::-webkit-details-marker{display:none}
.fold>summary .icon{color:var(--soft)}
.fold>summary::after{content:"";margin-left:auto;width:.5rem;height:.5rem;border:solid var(--soft);border-width:0 2px 2px 0;transform:rotate(45deg) translate(-2px,-2px)}
.fold[open]>summary::after{transform:rotate(225deg) translate(-2px,-2px)}
.fold[open]>summary{margin-bottom:var(--s3)}
#clock{display:grid;gap:var(--s3)}
.tight-wrap{gap:var(--s2)}
.row{display:flex;gap:var(--s2);align-items:end}.row .field{flex:1}
.magic{border-collapse:collapse;width:100%;font-size:var(--t2)}
.magic caption{text-align:left;color:var(--soft);padding-bottom:var(--s2)}
.magic th,.magic td{text-align:left;vertical-align:top;padding:var(--s2) var(--s3) var(--s2) 0;border-top:1px solid var(--line)}
.magic th[scope=row]{font-weight:500;white-space:nowrap;font-variant-numeric:tabular-nums}
`;
