/**
 * What pages are made of. Strangers' words go through JSX, which escapes them, and stand in an element of their own direction.
 */
import type { Child } from "hono/jsx";
import type { Page } from "../../contract/list.ts";
import { Icon } from "../../look/icon.tsx";
import type { IconName } from "../../look/icons.ts";

export { Icon };

export type Tone = "good" | "bad" | "wait" | "calm";

const TONES: Readonly<Record<string, Tone>> = {
  delivered: "good",
  approved: "good",
  active: "good",
  open: "good",
  accepted: "good",
  ok: "good",
  relayed: "good",
  undelivered: "bad",
  failed: "bad",
  blocked: "bad",
  locked: "bad",
  declined: "bad",
  revoked: "bad",
  disabled: "bad",
  failing: "bad",
  vetoed: "bad",
  unknown: "wait",
  held: "wait",
  pending: "wait",
  throttled: "wait",
  sending: "wait",
  queued: "wait",
  degraded: "wait",
  scheduled: "wait",
};
const ICON_OF: Readonly<Record<Tone, IconName>> = { good: "check", bad: "cross", wait: "clock", calm: "info" };

/** How a state is told: the same colour and picture for the same word everywhere. */
export const toneOf = (state: string): Tone => TONES[state] ?? "calm";
/** The picture that goes with a colour. */
export const iconOf = (tone: Tone): IconName => ICON_OF[tone];

/** A state as a word, a picture and a colour. */
export function State({ of, tone = toneOf(of) }: { of: string; tone?: Tone }) {
  return (
    <span class={`badge ${tone}`}>
      <Icon name={ICON_OF[tone]} />
      {of.replaceAll("_", " ")}
    </span>
  );
}

/** A moment: in UTC as it stands, local once the script runs, exact in its title. */
export function Time({ at, exact = false }: { at: string | null; exact?: boolean }) {
  if (at === null) return <span class="soft">–</span>;
  return (
    <time datetime={at} data-local={exact ? "exact" : ""} title={at} class="nowrap">
      {`${at.slice(0, 10)} ${at.slice(11, 19)} UTC`}
    </time>
  );
}

/** An opaque id, shortened in its middle where there is no room for all of it; whole in its title. */
export function Id({ of, href }: { of: string; href?: string }) {
  const short = of.length > 24 ? `${of.slice(0, 4)}…${of.slice(-8)}` : of;
  const text = (
    <code class="id" title={of}>
      {short}
    </code>
  );
  return href === undefined ? text : <a href={href}>{text}</a>;
}

/** An amount of micro-units. */
export function Money({ of }: { of: { amount: number; currency: string } | null }) {
  if (of === null) return <span class="soft">–</span>;
  const value = of.amount / 1_000_000;
  return (
    <span class="nowrap">
      {value.toLocaleString("en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 4 })} {of.currency}
    </span>
  );
}

/** Words of a stranger. */
export function Words({ children }: { children: Child }) {
  return (
    <bdi class="words" dir="auto">
      {children}
    </bdi>
  );
}

/** The head of a page. */
export function Head({ title, says, children }: { title: string; says?: Child; children?: Child }) {
  return (
    <div class="head">
      <div>
        <h1>{title}</h1>
        {says === undefined ? null : <p>{says}</p>}
      </div>
      {children}
    </div>
  );
}

/** Something that was done, or that is to be known. */
export function Notice({ tone = "calm", children }: { tone?: Tone; children?: Child }) {
  const icon = tone === "bad" ? "warning" : tone === "wait" ? "warning" : tone === "good" ? "check" : "info";
  return (
    <div class={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <Icon name={icon} />
      <div>{children}</div>
    </div>
  );
}

/** A secret that this page alone shows, with a button that copies it where scripts run. */
export function SecretOnce({ secret }: { secret: string }) {
  return (
    <>
      {" "}
      Copy the secret now; it is never shown again.
      <code class="secret" id="secret">
        {secret}
      </code>
      <br />
      <button class="quiet slim" type="button" data-copy="secret" hidden>
        Copy
      </button>
    </>
  );
}

/** What stands where a list has nothing to show: what would be here, and how it gets here. */
export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: Child }) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** `num`: figures, to the right. `opt`: left out where there is not room for every column. */
type Column<Row> = { head: string; cell: (row: Row) => Child; num?: boolean; opt?: boolean };

const classOf = ({ num, opt }: { num?: boolean; opt?: boolean }): string | undefined =>
  [num === true ? "num" : "", opt === true ? "opt" : ""].join(" ").trim() || undefined;

/** A table that becomes a list of cards where there is no room. */
export function Table<Row>({
  rows,
  columns,
  caption,
}: {
  rows: readonly Row[];
  columns: Column<Row>[];
  caption: string;
}) {
  return (
    <div class="table-wrap" tabindex={0} role="region" aria-label={`${caption}, as a table`}>
      <table class="table">
        <caption class="said">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ head, ...column }) => (
              <th scope="col" class={classOf(column)}>
                {head === "" ? <span class="said">Acts</span> : head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {columns.map(({ head, cell, ...column }) => (
                <td data-label={head} class={classOf(column)}>
                  <div class="cell">{cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** How many rows are shown, and the way to the next. `query` is the filter that stays. */
export function Pager({
  page,
  path,
  query,
  what,
}: {
  page: Page<unknown>;
  path: string;
  query: Record<string, string | undefined>;
  /** One of them, and several. */
  what: readonly [string, string];
}) {
  const { next_cursor: next, data } = page;
  const link = (cursor?: string) => hrefOf(path, { ...query, cursor });
  return (
    <nav class="pager" aria-label={`More ${what[1]}`}>
      <span>
        {data.length} {what[data.length === 1 ? 0 : 1]} on this page{next === null ? "" : ", older ones follow"}
      </span>
      <span class="buttons">
        {query["cursor"] === undefined ? null : (
          <a class="button quiet" href={link()}>
            Newest
          </a>
        )}
        {next === null ? null : (
          <a class="button quiet" href={link(next)} rel="next">
            Older
            <Icon name="arrow" />
          </a>
        )}
      </span>
    </nav>
  );
}

/** An address with a query, without fields that have no value. */
export function hrefOf(path: string, query: Record<string, string | undefined>): string {
  const set = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return set.length === 0 ? path : `${path}?${new URLSearchParams(set).toString()}`;
}

/** A field of a form with its label, a hint, and what is wrong with it. */
export function Field({
  id,
  label,
  hint,
  wrong,
  wide,
  children,
}: {
  id: string;
  label: string;
  hint?: Child;
  wrong?: string | undefined;
  wide?: boolean;
  children: Child;
}) {
  return (
    <div class={wide === true ? "field wide" : "field"}>
      <label for={id}>{label}</label>
      {children}
      {wrong === undefined ? null : (
        <p class="wrong" id={`${id}-wrong`}>
          {wrong}
        </p>
      )}
      {hint === undefined ? null : (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** Facts as a list of names and values. */
export function Facts({ of }: { of: (readonly [string, Child] | null)[] }) {
  return (
    <dl class="facts">
      {of
        .filter((fact) => fact !== null)
        .map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
