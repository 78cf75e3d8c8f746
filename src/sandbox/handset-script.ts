/**
 * The script of the phones, here and in the console: it asks for the page every second, adds the texts that are new, sends without
 * leaving the page, makes times local and copies codes. Every page is whole without it.
 */

export const SCRIPT = `
"use strict";
const EVERY_MILLISECONDS = 1000;
const ALONE_MILLISECONDS = 10 * 60 * 1000; // nobody is there: a session must not live on by what a page asks by itself
const root = document.querySelector("[data-handset]");
const follow = document.getElementById("follow");
const news = document.getElementById("news");
const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
const textsIn = (within) => all("[data-text]", within);
const shownAs = new Map(); // what the server last said of each part, before times were made local

function localTime(time) {
  const at = new Date(time.dateTime);
  const now = new Date(document.getElementById("phones")?.dataset.now ?? Date.now());
  if (Number.isNaN(at.getTime())) return;
  const hour = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const day = at.toDateString() === now.toDateString() ? {} : { day: "numeric", month: "short" };
  time.textContent = at.toLocaleString(undefined, { ...day, ...hour });
}

/** What a page can only do with a script: local times, and buttons that copy. */
function finish(within) {
  for (const time of all("time[data-short]", within)) localTime(time);
  for (const button of all("[data-code]", within)) button.hidden = false;
}

/** Adds what is new to a phone's texts and takes away what is gone; the rest stays as it is, with what is open or focused. */
function addTexts(phone, fresh) {
  const list = phone.querySelector(".texts");
  const next = fresh.querySelector(".texts");
  const kept = new Set(textsIn(next).map((text) => text.dataset.text));
  for (const text of textsIn(list)) if (!kept.has(text.dataset.text)) text.remove();
  const have = new Set(textsIn(list).map((text) => text.dataset.text));
  for (const text of textsIn(next)) {
    if (have.has(text.dataset.text)) continue;
    text.dataset.new = "";
    finish(text);
    list.append(text);
  }
  const [to, from] = [phone, fresh].map((each) => each.querySelector("input[name=to]"));
  if (to.value === to.defaultValue && document.activeElement !== to) to.value = to.defaultValue = from.value;
}

const isWriting = (phones) => all("textarea", phones).some((each) => each.value !== "" || each === document.activeElement);

function replacePhones(phones, fresh) {
  const lines = (within) => all("[data-line]", within).map((each) => each.dataset.line).join();
  if (lines(phones) !== "" && lines(phones) === lines(fresh)) {
    phones.dataset.now = fresh.dataset.now;
    const nexts = all("[data-line]", fresh);
    all("[data-line]", phones).forEach((phone, at) => {
      phone.className = nexts[at].className;
      addTexts(phone, nexts[at]);
    });
  } else if (lines(phones) !== lines(fresh) && !isWriting(phones)) {
    phones.replaceWith(fresh);
    finish(fresh);
  }
}

function replacePart(part, fresh) {
  if (shownAs.get(part.id) === fresh.innerHTML) return;
  const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  shownAs.set(part.id, fresh.innerHTML);
  part.replaceChildren(...fresh.childNodes);
  finish(part);
  if (focused !== null) all("a[href]", part).find((link) => link.getAttribute("href") === focused)?.focus();
}

/** Takes over what a page of the server's says; answers whether it was such a page. */
function take(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  if (fresh.querySelector("[data-handset]") === null) return false;
  const before = new Set(textsIn(document).map((text) => text.dataset.text));
  const phones = document.getElementById("phones");
  const next = fresh.getElementById("phones");
  if (phones !== null && next !== null) replacePhones(phones, next);
  for (const part of all("[data-live]")) {
    const part2 = fresh.getElementById(part.id);
    if (part2 !== null) replacePart(part, part2);
  }
  const count = textsIn(document).filter((text) => !before.has(text.dataset.text) && text.matches(".received")).length;
  if (news !== null && count > 0) news.textContent = count === 1 ? "One new text." : count + " new texts.";
  return true;
}

let asking = false;
let touched = Date.now();
async function refresh() {
  if (asking || document.hidden || follow?.checked === false || Date.now() - touched > ALONE_MILLISECONDS) return;
  asking = true;
  try {
    const answer = await fetch(location.href.split("#")[0], { cache: "no-store" });
    const html = await answer.text();
    if (answer.status < 500 && !take(html)) location.reload(); // the session is over
  } catch {
    if (news !== null) news.textContent = "The service does not answer; trying again.";
  } finally {
    asking = false;
  }
}

async function say(form) {
  const wrong = form.querySelector("[data-wrong]");
  const button = form.querySelector("button");
  button.disabled = true;
  wrong.textContent = "";
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (answer.ok) form.querySelector("textarea").value = "";
    else {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      wrong.textContent = page.getElementById("says")?.textContent ?? "This text was not sent.";
    }
  } catch {
    wrong.textContent = "The service does not answer. The text was not sent.";
  }
  button.disabled = false;
  form.querySelector("textarea").focus();
  await refresh();
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.code);
  button.lastChild.textContent = "Copied";
}

if (root !== null) {
  for (const part of all("[data-live]")) shownAs.set(part.id, part.innerHTML);
  finish(document);
  if (follow !== null) follow.closest("label").hidden = false;
  root.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-say]")) return;
    event.preventDefault();
    void say(event.target);
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches("form[data-say] textarea")) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-code]");
    if (button !== null) void copy(button);
  });
  for (const what of ["pointermove", "pointerdown", "keydown", "visibilitychange"])
    document.addEventListener(what, () => (touched = Date.now()), { passive: true });
  setInterval(refresh, EVERY_MILLISECONDS);
}
`;
