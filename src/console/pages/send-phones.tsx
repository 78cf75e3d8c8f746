/**
 * The phones beside a form of the console, in a sandbox and for who may use it: what was sent arrives there, and its person answers.
 * Asked by the same routes as the handset's API; kept fresh by the handset's own script, and whole without it.
 */
import { isRefused, type Refusal } from "../../base/refusal.ts";
import { pageOf } from "../../contract/list.ts";
import { ClockView, AnsweredView, LineView, TextView } from "../../sandbox/schemas.ts";
import type { HandsetLine } from "../../sandbox/ledger.ts";
import { personOf, spaced } from "../../sandbox/people.ts";
import { Face, linesToShow, Phones, TEXTS_SHOWN_MAX, withTexts, type PhoneFacts } from "../../sandbox/phone.tsx";
import { Empty, hrefOf, Notice } from "../look/parts.tsx";
import { fieldOf, opens, type Shown, type Visit } from "../visit.ts";

/** What stands beside the form. `line`: the one that was chosen, or null to follow whoever was texted last. */
export type Panel = { lines: readonly HandsetLine[]; phones: PhoneFacts[]; now: string; line: string | null };

/** Lines offered by name; the handset's own page has all. */
const CHOICES_MAX = 4;

/** Whether this visitor sees phones: only a sandbox has them, and only for its own scope. */
export const seesPhones = ({ present }: Visit): boolean =>
  present.environment === "sandbox" && opens(present.scopes, { scope: "sandbox:use" });

/** The phones of this visit; null where there are none to see. */
export async function panelOf(visit: Visit): Promise<Panel | Refusal | null> {
  const { ask, query } = visit;
  if (!seesPhones(visit)) return null;
  const line = /^lin_\w{1,60}$/.exec(query["line"] ?? "")?.[0] ?? null;
  const [lines, time] = await Promise.all([
    ask("sandbox.lines", {}, pageOf(LineView)),
    ask("sandbox.time", {}, ClockView),
  ]);
  if (isRefused(lines)) return lines;
  if (isRefused(time)) return time;
  const phones = await withTexts(linesToShow(lines.ok.data, { line, beside: null }), (each) =>
    ask("sandbox.texts", { query: { line: each, limit: String(TEXTS_SHOWN_MAX) } }, pageOf(TextView)),
  );
  return isRefused(phones) ? phones : { lines: lines.ok.data, phones: phones.ok, now: time.ok.now, line };
}

/** The person of a phone texts; back to the page, or why it was not sent. */
export async function answerAsPerson({ ask, form }: Visit, path: string): Promise<Shown> {
  const body = { line: fieldOf(form, "line"), to: fieldOf(form, "to"), text: form.get("text") ?? "" };
  const answered = await ask("sandbox.answer", { body }, AnsweredView);
  if (isRefused(answered)) return answered;
  return { goTo: hrefOf(path, { line: fieldOf(form, "shown") }) };
}

/** The panel. `wrong`: why the last answer was not sent. */
export function PhonePanel({ panel, path, wrong }: { panel: Panel; path: string; wrong: string | null }) {
  const { phones, now, line } = panel;
  const fields = { do: "answer", ...(line === null ? {} : { shown: line }) };
  return (
    <section class="beside-form" aria-label="The sandbox’s phones" data-handset>
      <link rel="stylesheet" href="/handset/phone.css" />
      <Choices panel={panel} path={path} />
      {wrong === null ? null : (
        <Notice tone="bad">
          <span id="says">{wrong}</span>
        </Notice>
      )}
      {phones.length === 0 ? (
        <div id="phones">
          <Empty icon="phone" title="The phone is waiting">
            <p>Send the text: it arrives here within two seconds.</p>
          </Empty>
        </div>
      ) : (
        <Phones phones={phones} now={now} composing={{ action: path, fields }} />
      )}
      <p class="said" id="news" role="status" />
      <noscript>
        <p class="soft small">
          Without scripts this page does not update by itself: <a href={path}>update it</a>.
        </p>
      </noscript>
      <script src="/handset/handset.js" defer />
    </section>
  );
}

function Choices({ panel: { lines, line }, path }: { panel: Panel; path: string }) {
  return (
    <nav class="choices" aria-label="Phones" id="choices" data-live>
      {lines.length < 2 ? null : (
        <ul class="plain">
          <li>
            <a href={path} aria-current={line === null ? "true" : undefined}>
              Newest
            </a>
          </li>
          {lines.slice(0, CHOICES_MAX).map((one) => (
            <li>
              <a href={hrefOf(path, { line: one.line })} aria-current={one.line === line ? "true" : undefined}>
                <Face number={one.number} />
                <span>
                  {personOf(one.number).name} <span class="said">{spaced(one.number)}</span>
                </span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </nav>
  );
}
