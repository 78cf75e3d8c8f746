/**
 * The handset's pages, from data to HTML. Words and senders come from strangers: every one goes through JSX, which escapes
 * it, and stands in an element of its own direction. No number and no key is in any address; lines go by their opaque ids.
 */
import type { Child } from "hono/jsx";
import type { HtmlEscapedString } from "hono/utils/html";
import { ICON } from "../contract/page.ts";
import { MAGIC } from "../carriers/adapters/sandbox.ts";
import type { HandsetLine, HandsetText } from "./ledger.ts";
import { ADVANCE_SECONDS_MAX } from "./verbs.ts";

export type HandsetFacts = {
  lines: readonly HandsetLine[];
  texts: readonly HandsetText[];
  /** The line that is shown alone, or null for all of them. */
  line: string | null;
  /** A second phone beside it, to watch a conversation from both sides. */
  beside: { line: string; texts: readonly HandsetText[] } | null;
  now: string;
};

const NOTE =
  "This is the carrier's side of your sandbox: what the person behind a drama number would have received. Only this page and its API show numbers and words; your app sees tokens and masks. Nothing here reaches anybody.";

/** The page that asks for an API key; `wrong` says why the last one was not taken. */
export function signInPage(wrong: string | null): string {
  return page(
    "Sign in to the sandbox handset",
    <main class="narrow" id="main">
      <p class="note">{NOTE}</p>
      <form class="card" id="sign-in" method="post" action="/handset/sign-in">
        <h2>Sign in</h2>
        {wrong === null ? null : (
          <p class="wrong" id="wrong" role="alert">
            {wrong}
          </p>
        )}
        <label for="key">API key</label>
        <input
          id="key"
          name="key"
          type="password"
          required
          autocomplete="off"
          spellcheck={false}
          aria-describedby={wrong === null ? "hint" : "wrong hint"}
          aria-invalid={wrong === null ? undefined : "true"}
        />
        <p class="hint" id="hint">
          A key of a sandbox tenant with the scope <code>sandbox:use</code>; <code>npm start</code> prints one. It is
          kept sealed in a cookie for eight hours and goes nowhere else.
        </p>
        <button type="submit">Show the handset</button>
      </form>
    </main>,
    <a href="/docs">API reference</a>,
  );
}

/** The handset itself. */
export function handsetPage(facts: HandsetFacts): string {
  return page(
    "Sandbox handset",
    <main class="wide" id="main">
      <p class="note">{NOTE}</p>
      <div class="columns">
        <Lines {...facts} />
        <div class="phones">
          <Texts {...facts} />
          {facts.beside === null ? null : (
            <Texts {...facts} line={facts.beside.line} texts={facts.beside.texts} main={facts.line} place="beside" />
          )}
        </div>
        <div class="aside">
          <Clock now={facts.now} line={facts.line} />
          <Magic />
        </div>
      </div>
      <script src="/handset/handset.js" defer />
    </main>,
    <>
      <a href="/docs">API reference</a>
      <form method="post" action="/handset/sign-out">
        <button class="quiet" type="submit">
          Sign out
        </button>
      </form>
    </>,
  );
}

/** A page that only says something, for a request that was not one of ours. */
export function plainPage(says: string): string {
  return page(
    "Sandbox handset",
    <main class="narrow" id="main">
      <p>{says}</p>
      <p>
        <a href="/handset">Go to the handset</a>
      </p>
    </main>,
    null,
  );
}

function page(title: string, body: Child, links: Child): string {
  const document = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title} · Maskline</title>
        <link rel="icon" href={ICON} />
        <link rel="stylesheet" href="/handset/handset.css" />
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <header class="top">
          <h1>
            Maskline <small>sandbox handset</small>
          </h1>
          {links}
        </header>
        {body}
      </body>
    </html>
  ) as HtmlEscapedString; // no part of a page waits for anything
  return `<!doctype html>${document}`;
}

function Lines({ lines, line }: HandsetFacts) {
  const total = lines.reduce((sum, one) => sum + one.texts, 0);
  return (
    <nav class="card lines" aria-labelledby="lines-title">
      <h2 id="lines-title">Lines</h2>
      <ul class="plain" id="lines" data-live>
        <LineLink href="/handset" name="All lines" texts={total} current={line === null} beside={null} />
        {lines.map((one) => (
          <LineLink
            href={`/handset?line=${encodeURIComponent(one.line)}`}
            name={spaced(one.number)}
            texts={one.texts}
            current={one.line === line}
            beside={line === null || one.line === line ? null : `/handset?line=${line}&beside=${one.line}`}
          />
        ))}
      </ul>
    </nav>
  );
}

type LinkFacts = { href: string; name: string; texts: number; current: boolean; beside: string | null };

function LineLink({ href, name, texts, current, beside }: LinkFacts) {
  return (
    <li class={beside === null ? undefined : "two"}>
      <a href={href} aria-current={current ? "page" : undefined}>
        {name}
        <span class="count">
          {texts}
          <span class="said"> {texts === 1 ? "text" : "texts"}</span>
        </span>
      </a>
      {beside === null ? null : (
        <a class="beside" href={beside} aria-label={`Show ${name} beside`}>
          beside
        </a>
      )}
    </li>
  );
}

function Texts({ place = "texts", main = null, ...facts }: HandsetFacts & Place) {
  const { texts, lines, line } = facts;
  const shown = lines.find((one) => one.line === line);
  return (
    <section class="card" aria-labelledby={`${place}-title`}>
      <div class="head">
        <h2 id={`${place}-title`}>
          {shown === undefined ? "Texts, newest first" : `Texts on ${spaced(shown.number)}`}
        </h2>
        {place === "beside" ? null : (
          <label class="inline" hidden>
            <input type="checkbox" id="follow" checked autocomplete="off" />
            Update by itself
          </label>
        )}
      </div>
      {place === "beside" ? null : <p class="news" id="news" role="status" />}
      <Composer {...facts} place={place} main={main} />
      <div id={place} data-live>
        {texts.length === 0 ? <p class="empty">No text has arrived yet. Send a message to +44 7700 900123.</p> : null}
        <ul class="plain">
          {texts.map((text) => (
            <Text {...text} />
          ))}
        </ul>
      </div>
    </section>
  );
}

/** Which of two phones it is, and the line of the first. */
type Place = { place?: "texts" | "beside"; main?: string | null };

/** What the person of a line writes; without a line, somebody who has none yet. */
function Composer({ texts, line, place = "texts", main = null, ...facts }: HandsetFacts & Place) {
  const last = texts.find((one) => one.to !== null || /^\+\d+$/.test(one.from ?? ""));
  const other = place === "texts" ? facts.beside?.line : line;
  return (
    <form class="composer" method="post" action="/handset/answer">
      {line === null ? (
        <div>
          <label for={`${place}-number`}>As</label>
          <input id={`${place}-number`} name="number" type="tel" placeholder="07700 900111" required />
        </div>
      ) : (
        <input type="hidden" name="line" value={line} />
      )}
      <input type="hidden" name="shown" value={(place === "texts" ? line : main) ?? ""} />
      {other === undefined || other === null ? null : <input type="hidden" name="beside" value={other} />}
      <div>
        <label for={`${place}-to`}>To the virtual number</label>
        <input id={`${place}-to`} name="to" type="tel" value={last?.to ?? last?.from ?? ""} required />
      </div>
      <div class="words-in">
        <label for={`${place}-text`}>Text</label>
        <textarea id={`${place}-text`} name="text" rows={2} maxlength={1600} required />
      </div>
      <button type="submit">Send</button>
    </form>
  );
}

function Text({ id, number, from, to, direction, text, message_id, received_at }: HandsetText) {
  return (
    <li class={direction === "sent" ? "text sent" : "text"} data-text={id}>
      <p class="who">
        <bdi>
          <strong>{direction === "sent" ? `Sent to ${spaced(to ?? "")}` : spaced(from ?? "No sender ID")}</strong>
        </bdi>
        <span>
          {direction === "sent" ? "from" : "to"} {spaced(number)}
        </span>
      </p>
      <p class="words" dir="auto">
        {text}
      </p>
      <p class="facts">
        <time datetime={received_at}>{readable(received_at)}</time>
        {message_id === null ? null : (
          <>
            {" · "}
            <code>{message_id}</code>
          </>
        )}
      </p>
    </li>
  );
}

const STEPS = [
  [60, "1 minute"],
  [600, "10 minutes"],
  [3_600, "1 hour"],
  [86_400, "1 day"],
] as const;

function Clock({ now, line }: { now: string; line: string | null }) {
  const back = line === null ? null : <input type="hidden" name="line" value={line} />;
  return (
    <section class="card" id="clock" tabindex={-1} aria-labelledby="clock-title">
      <h2 id="clock-title">Clock</h2>
      <p class="time" id="now" data-live>
        The tenant's time is <time datetime={now}>{readable(now)}</time>.
      </p>
      <form method="post" action="/handset/clock">
        {back}
        <div class="buttons" role="group" aria-label="Move the clock forward by">
          {STEPS.map(([seconds, name]) => (
            <button class="quiet" type="submit" name="advance_seconds" value={String(seconds)}>
              +{name}
            </button>
          ))}
        </div>
      </form>
      <form class="row" method="post" action="/handset/clock">
        {back}
        <div>
          <label for="advance">Forward by seconds</label>
          <input
            id="advance"
            name="advance_seconds"
            type="number"
            inputmode="numeric"
            min="1"
            max={String(ADVANCE_SECONDS_MAX)}
            required
          />
        </div>
        <button type="submit">Move</button>
      </form>
    </section>
  );
}

function Magic() {
  return (
    <section class="card" aria-labelledby="magic-title">
      <h2 id="magic-title">Magic numbers</h2>
      <div class="scroll">
        <table>
          <caption>Any other drama number is delivered at once.</caption>
          <thead>
            <tr>
              <th scope="col">Number</th>
              <th scope="col">What happens</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(MAGIC).map(([ending, { what }]) => (
              <tr>
                <th scope="row">{spaced(`+447700${ending}`)}</th>
                <td>{what}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** `+447700900123` as people read it. */
const spaced = (number: string) => number.replace(/^\+44(\d{4})(\d{6})$/, "+44 $1 $2");

/** A time of ours without its letters; all times are UTC. */
const readable = (iso: string) => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
