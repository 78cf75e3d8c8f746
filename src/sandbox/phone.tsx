/**
 * A phone: one line's texts as a chat, newest at the bottom, with a composer at its foot. Words and senders come from strangers: every
 * one goes through JSX, which escapes them, and stands in an element of its own direction. No number is in an address.
 */
import type { Child } from "hono/jsx";
import { isRefused, type Outcome } from "../base/refusal.ts";
import type { Page } from "../contract/list.ts";
import { Icon } from "../look/icon.tsx";
import type { HandsetLine, HandsetText } from "./ledger.ts";
import { codeIn, personOf, spaced } from "./people.ts";

/** One phone on a page. `texts` are its newest, newest first. */
export type PhoneFacts = {
  line: HandsetLine;
  texts: readonly HandsetText[];
  /** Left out where there is room for one phone only. */
  also: boolean;
};

/** Where a phone's form goes, and what it carries along. */
export type Composing = { action: string; fields: Readonly<Record<string, string>> };

/** The most texts that a phone shows. */
export const TEXTS_SHOWN_MAX = 50;

/** Which lines stand on a page: those that were asked for, else the two that were texted last, by number, so that they keep their places. */
export function linesToShow(
  lines: readonly HandsetLine[],
  asked: { line: string | null; beside: string | null },
): { line: HandsetLine; also: boolean }[] {
  const known = (id: string | null) => lines.find((each) => each.line === id);
  const first = known(asked.line);
  if (first !== undefined) {
    const beside = known(asked.beside === asked.line ? null : asked.beside);
    return [first, ...(beside === undefined ? [] : [beside])].map((line) => ({ line, also: false }));
  }
  const [newest, ...rest] = lines;
  return (newest === undefined ? [] : [newest, ...rest.slice(0, 1)])
    .map((line) => ({ line, also: line !== newest }))
    .sort((one, other) => one.line.number.localeCompare(other.line.number));
}

/** The lines that stand on a page with their newest texts, each read by `read`. */
export async function withTexts(
  shown: readonly { line: HandsetLine; also: boolean }[],
  read: (line: string) => Promise<Outcome<Page<HandsetText>>>,
): Promise<Outcome<PhoneFacts[]>> {
  const phones: PhoneFacts[] = [];
  const texts = await Promise.all(shown.map(({ line }) => read(line.line)));
  for (const [at, page] of texts.entries()) {
    if (isRefused(page)) return page;
    const one = shown[at];
    if (one !== undefined) phones.push({ ...one, texts: page.ok.data });
  }
  return { ok: phones };
}

/** The phones of a page, side by side where there is room. `now` is the tenant's time. */
export function Phones({ phones, now, composing }: { phones: PhoneFacts[]; now: string; composing: Composing }) {
  return (
    <div class={phones.length > 1 ? "phones pair-of" : "phones"} id="phones" data-now={now}>
      {phones.map((facts) => (
        <Phone {...facts} now={now} composing={composing} />
      ))}
    </div>
  );
}

/** A line's initial on its colour. */
export function Face({ number }: { number: string }) {
  const { name, hue, magic } = personOf(number);
  return (
    <span class={`face hue-${hue}`} aria-hidden="true">
      {magic ? "#" : name.slice(0, 1)}
    </span>
  );
}

function Phone({ line, texts, also, now, composing }: PhoneFacts & { now: string; composing: Composing }) {
  const { name } = personOf(line.number);
  const id = `phone-${line.line}`;
  const oldestFirst = [...texts].reverse();
  return (
    <section class={also ? "phone also" : "phone"} data-line={line.line} aria-labelledby={`${id}-name`}>
      <header class="phone-top">
        <Face number={line.number} />
        <h2 id={`${id}-name`}>
          {name} <small>{spaced(line.number)}</small>
        </h2>
      </header>
      {/* The newest is in sight without a script: a reversed column begins at its end. */}
      <div class="thread" tabindex={0} role="region" aria-label={`Texts of ${name}`}>
        <ol class="plain texts" id={`${id}-texts`}>
          {texts.length < TEXTS_SHOWN_MAX ? null : <li class="older">Only the newest {TEXTS_SHOWN_MAX} are shown.</li>}
          {oldestFirst.map((text, at) => (
            <Text text={text} before={oldestFirst[at - 1]} now={now} />
          ))}
        </ol>
      </div>
      <Composer id={id} line={line.line} name={name} texts={texts} composing={composing} />
    </section>
  );
}

/** Who is at the other end of a text. */
const otherOf = (text: HandsetText): string =>
  text.direction === "sent" ? `to ${spaced(text.to ?? "")}` : spaced(text.from ?? "No sender ID");

function Text({ text, before, now }: { text: HandsetText; before: HandsetText | undefined; now: string }) {
  const code = text.direction === "received" ? codeIn(text.text) : null;
  const other = otherOf(text);
  const told = before !== undefined && otherOf(before) === other;
  return (
    <li class={`text ${text.direction}`} data-text={text.id}>
      {told ? null : (
        <p class="who">
          <bdi>{other}</bdi>
        </p>
      )}
      <p class="words" dir="auto">
        {text.text}
      </p>
      {code === null ? null : (
        <p class="code-offer">
          <span class="said">Code</span>
          <code>{code}</code>
          <button class="quiet slim" type="button" data-code={code} hidden>
            <Icon name="copy" />
            Copy code
          </button>
        </p>
      )}
      <details class="when">
        <summary>
          <Short at={text.received_at} now={now} />
          <span class="said">, details</span>
        </summary>
        <Details text={text} />
      </details>
    </li>
  );
}

function Details({ text }: { text: HandsetText }) {
  const rows: [string, Child][] = [
    ["At", <time datetime={text.received_at}>{exact(text.received_at)}</time>],
    ["From", <bdi>{text.direction === "sent" ? spaced(text.number) : spaced(text.from ?? "No sender ID")}</bdi>],
    ["To", spaced(text.to ?? text.number)],
    ...(text.message_id === null ? [] : [["Message", <code>{text.message_id}</code>] satisfies [string, Child]]),
  ];
  return (
    <dl>
      {rows.map(([term, value]) => (
        <div>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

type ComposerFacts = {
  id: string;
  line: string;
  name: string;
  texts: readonly HandsetText[];
  composing: Composing;
};

function Composer({ id, line, name, texts, composing }: ComposerFacts) {
  const others = [
    ...new Set(texts.flatMap(({ from, to }) => [to ?? from ?? ""]).filter((each) => /^\+\d+$/.test(each))),
  ];
  return (
    <form class="composer" method="post" action={composing.action} data-say={line}>
      <input type="hidden" name="line" value={line} />
      {Object.entries(composing.fields).map(([field, value]) => (
        <input type="hidden" name={field} value={value} />
      ))}
      <div class="to">
        <label for={`${id}-to`}>To</label>
        <input
          id={`${id}-to`}
          name="to"
          type="tel"
          value={others[0] === undefined ? "" : spaced(others[0])}
          list={others.length > 1 ? `${id}-others` : undefined}
          placeholder="a virtual number of yours"
          required
          autocomplete="off"
        />
        {others.length > 1 ? (
          <datalist id={`${id}-others`}>
            {others.map((number) => (
              <option value={spaced(number)} />
            ))}
          </datalist>
        ) : null}
      </div>
      <div class="say">
        <label class="said" for={`${id}-say`}>
          Text
        </label>
        <textarea
          id={`${id}-say`}
          name="text"
          rows={1}
          maxlength={1600}
          required
          placeholder={`Text as ${name}`}
          dir="auto"
        />
        <button type="submit">
          <Icon name="send" />
          <span class="said">Send</span>
        </button>
      </div>
      <p class="wrong" data-wrong role="alert" />
    </form>
  );
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** A moment as short as it can be: the hour of today, else with its day. In UTC until the script makes it local. */
export function Short({ at, now }: { at: string; now: string }) {
  const today = at.slice(0, 10) === now.slice(0, 10);
  const day = `${Number(at.slice(8, 10))} ${MONTHS[Number(at.slice(5, 7)) - 1] ?? ""}`;
  return (
    <time datetime={at} title={exact(at)} data-short>
      {today ? "" : `${day}, `}
      {at.slice(11, 16)} UTC
    </time>
  );
}

/** A time of ours without its letters; all times are UTC. */
export const exact = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
