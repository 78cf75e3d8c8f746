/**
 * The handset's pages, from data to HTML: the phones first, then their lines, the clock and the magic numbers. No number and no key is
 * in any address; lines go by their opaque ids.
 */
import type { Child } from "hono/jsx";
import { MAGIC } from "../carriers/adapters/sandbox.ts";
import { pageOf, Top } from "../look/document.tsx";
import { Icon } from "../look/icon.tsx";
import type { HandsetLine } from "./ledger.ts";
import { personOf, spaced } from "./people.ts";
import { exact, Face, Phones, Short, type PhoneFacts } from "./phone.tsx";
import { isUnread, type Seen } from "./seen.ts";
import { ADVANCE_SECONDS_MAX } from "./verbs.ts";

export type HandsetFacts = {
  lines: readonly HandsetLine[];
  phones: PhoneFacts[];
  /** Which lines the address names; null where nobody chose. */
  asked: { line: string | null; beside: string | null };
  seen: Seen;
  now: string;
};

const NOTE =
  "The carrier’s side of your sandbox: what the people behind drama numbers receive. Your app sees tokens and masks; nothing here reaches anybody.";

/** The page that asks for an API key; `wrong` says why the last one was not taken. */
export function signInPage(wrong: string | null): string {
  return page(
    "Sign in to the sandbox handset",
    <main class="gate" id="main">
      <form class="card" id="sign-in" method="post" action="/handset/sign-in">
        <h1>Open the handset</h1>
        <p class="soft">{NOTE}</p>
        {wrong === null ? null : (
          <p class="wrong" id="wrong" role="alert">
            {wrong}
          </p>
        )}
        <div class="field">
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
        </div>
        <button type="submit">
          Show the handset
          <Icon name="arrow" />
        </button>
      </form>
    </main>,
    null,
  );
}

/** The handset itself. */
export function handsetPage(facts: HandsetFacts): string {
  const { phones, now, asked } = facts;
  const fields = {
    ...(asked.line === null ? {} : { shown: asked.line }),
    ...(asked.beside === null ? {} : { beside: asked.beside }),
  };
  return page(
    "Sandbox handset",
    <main class="handset" id="main" data-handset>
      <h1 class="said">Sandbox handset</h1>
      {phones.length === 0 ? (
        <NoLine />
      ) : (
        <Phones phones={phones} now={now} composing={{ action: "/handset/answer", fields }} />
      )}
      <div class="aside">
        <Lines {...facts} />
        <Another open={phones.length === 0} />
        <Clock now={now} asked={asked} />
        <Magic />
        <p class="soft small">{NOTE}</p>
      </div>
    </main>,
    <form method="post" action="/handset/sign-out">
      <button class="quiet slim" type="submit">
        <Icon name="signOut" />
        Sign out
      </button>
    </form>,
    ["/handset/handset.js"],
  );
}

/** A page that only says something, for a request that was not one of ours. */
export function plainPage(says: string): string {
  return page(
    "Sandbox handset",
    <main class="gate" id="main">
      <div class="card">
        <p id="says">{says}</p>
        <a class="button" href="/handset">
          Go to the handset
        </a>
      </div>
    </main>,
    null,
  );
}

function page(title: string, main: Child, acts: Child, scripts: readonly string[] = []): string {
  return pageOf(
    title,
    { styles: ["/handset/handset.css", "/handset/phone.css"], scripts },
    <>
      <Top what="Sandbox handset">
        <a href="/console/send">Console</a>
        <a href="/docs">API reference</a>
        {acts}
      </Top>
      {main}
    </>,
  );
}

function NoLine() {
  return (
    <section class="empty" id="phones">
      <Icon name="phone" />
      <h2>No text has arrived yet</h2>
      <p>
        Send one to 07700 900123, by <a href="/docs">the API</a> or on the console’s page{" "}
        <a href="/console/send">Send &amp; try</a>: its phone is here once it arrives.
      </p>
    </section>
  );
}

/** The address of one line, or of two beside each other; without a line, of whoever was texted last. */
export function hrefOf(line: string | null, beside: string | null): string {
  const lines = { ...(line === null ? {} : { line }), ...(beside === null ? {} : { beside }) };
  return line === null ? "/handset" : `/handset?${new URLSearchParams(lines).toString()}`;
}

function Lines(facts: HandsetFacts) {
  const { lines, phones } = facts;
  return (
    <nav class="card lines" aria-labelledby="lines-title">
      <div class="lines-head">
        <h2 id="lines-title">Phones</h2>
        <label class="inline" hidden>
          <input type="checkbox" id="follow" checked autocomplete="off" />
          Update by itself
        </label>
      </div>
      <p class="news" id="news" role="status" />
      <ul class="plain" id="lines" data-live>
        {lines.length === 0 ? <li class="soft">None yet.</li> : null}
        {lines.map((one) => (
          <Line {...facts} one={one} first={phones[0]?.line.line ?? null} />
        ))}
      </ul>
    </nav>
  );
}

function Line({ one, first, phones, seen, now }: HandsetFacts & { one: HandsetLine; first: string | null }) {
  const { name } = personOf(one.number);
  const shown = phones.some(({ line }) => line.line === one.line);
  const unread = !shown && isUnread(one, seen);
  return (
    <li class={unread ? "unread" : undefined}>
      <a class="line-link" href={hrefOf(one.line, null)} aria-current={shown ? "true" : undefined}>
        <Face number={one.number} />
        <span class="line-name">
          {name} <small>{spaced(one.number)}</small>
        </span>
        {one.newest === null ? null : <Short at={one.newest.at} now={now} />}
        <span class="line-last">
          {unread ? <span class="said">New: </span> : null}
          {one.newest === null ? "Its texts were deleted" : <bdi>{one.newest.text.slice(0, 80)}</bdi>}
        </span>
      </a>
      {shown || first === null ? null : (
        <a class="beside" href={hrefOf(first, one.line)} aria-label={`Show ${name} ${spaced(one.number)} beside`}>
          <Icon name="columns" />
        </a>
      )}
    </li>
  );
}

/** Somebody who has no line yet writes. */
function Another({ open }: { open: boolean }) {
  return (
    <details class="card fold" open={open}>
      <summary>
        <Icon name="plus" />
        Text from another number
      </summary>
      <form class="fields" method="post" action="/handset/answer">
        <div class="field">
          <label for="another-number">As</label>
          <input id="another-number" name="number" type="tel" placeholder="07700 900111" required autocomplete="off" />
        </div>
        <div class="field">
          <label for="another-to">To the virtual number</label>
          <input id="another-to" name="to" type="tel" placeholder="07700 900871" required autocomplete="off" />
        </div>
        <div class="field">
          <label for="another-text">Text</label>
          <textarea id="another-text" name="text" rows={2} maxlength={1600} required dir="auto" />
        </div>
        <button type="submit">Send</button>
      </form>
    </details>
  );
}

const STEPS = [
  [60, "1 minute"],
  [600, "10 minutes"],
  [3_600, "1 hour"],
  [86_400, "1 day"],
] as const;

function Clock({ now, asked }: Pick<HandsetFacts, "now" | "asked">) {
  const back = Object.entries(asked).map(([name, line]) =>
    line === null ? null : <input type="hidden" name={name} value={line} />,
  );
  return (
    <details class="card fold">
      <summary>
        <Icon name="clock" />
        Clock
      </summary>
      <div id="clock" tabindex={-1}>
        <p id="now" data-live>
          The tenant’s time is <time datetime={now}>{exact(now)}</time>. It only moves forward.
        </p>
        <form method="post" action="/handset/clock">
          {back}
          <div class="buttons tight-wrap" role="group" aria-label="Move the clock forward by">
            {STEPS.map(([seconds, name]) => (
              <button class="quiet slim" type="submit" name="advance_seconds" value={String(seconds)}>
                +{name}
              </button>
            ))}
          </div>
        </form>
        <form class="row" method="post" action="/handset/clock">
          {back}
          <div class="field">
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
      </div>
    </details>
  );
}

function Magic() {
  return (
    <details class="card fold">
      <summary>
        <Icon name="question" />
        Magic numbers
      </summary>
      <table class="magic">
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
    </details>
  );
}
