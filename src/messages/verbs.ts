/**
 * The verbs of the room `messages`.
 */
import { byCaller } from "../contract/record.ts";
import { rowsFor } from "../contract/list.ts";
import { adding, verb } from "../contract/verb.ts";
import { refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import { measure, smartEncode } from "../sms/sms-text.ts";
import { limitRefusal } from "../risk/act.ts";
import { actFor, admitBatch, admitOne, spending, type AdmitDeps, type SendInput } from "./admit.ts";
import { judgeConsent } from "./consent.ts";
import { readNote } from "./note.ts";
import { end, type DispatchDeps } from "./outcome.ts";
import { spendOf, touchedView, type TouchedView } from "./money/spend.ts";
import { BUDGET_REASON, mayEnter, viewOf, type MessageView, type Note, type State } from "./message.ts";
import type { RecordFilter } from "../storage/records.ts";
import { idsBetween } from "../base/ids.ts";
import { judgeNumber, judgeSender } from "../policy/policy.ts";
import type { Label } from "../screening/policy.ts";
import { choiceView, noCarrier, priceOf, routeFor } from "./routing.ts";
import { timesOf } from "./validity.ts";

export type MessagesDeps = AdmitDeps & DispatchDeps;

/** A list as the route asks for it; the caller's reference is plaintext and becomes a keyed name here. */
export type ListInput = {
  limit: number;
  before?: string;
  state?: State;
  token?: string;
  reference?: string;
  createdFrom?: number;
  createdTo?: number;
};

/** The live part of a list, and the filter for the rest, which is in the records. */
export type ListPart = {
  live: MessageView[];
  limit: number;
  records: RecordFilter;
};

export type Preview = {
  encoding: "gsm7" | "ucs2";
  segments: number;
  replacements: { from: string; to: string; count: number }[];
  sender: string | null;
  number_kind: string;
  route: string | null;
  routing: ReturnType<typeof choiceView>;
  price: { amount: number; currency: string } | null;
  /** Every budget that it would touch; `amount` is what it would reserve, null where its price is in another currency. */
  budgets: TouchedView[];
  screening: Label | null;
  would: "accepted" | "refused";
  reasons: string[];
};

/** The verbs of messages, over the tenant's ledgers. */
export function messagesVerbs(deps: MessagesDeps) {
  return {
    "messages.send": adding(verb("messages:send", (who, input: SendInput) => admitOne(deps, who.id, input))),

    "messages.batch": adding(
      verb("messages:send", (who, input: { items: (SendInput | Refusal)[] }) => admitBatch(deps, who.id, input.items)),
    ),

    "messages.preview": verb("messages:send", (who, input: SendInput & { smart: boolean }) =>
      preview(deps, who.id, input),
    ),

    /** The live message, and its free fields, which stay in the object when the message has become a record. */
    "messages.get": verb(
      "messages:read",
      (_who, input: { id: string }): Outcome<{ message: MessageView | null; note: Note | null }> => {
        const message = deps.ledger.get(input.id);
        const note = readNote(deps, input.id);
        return { ok: { message: message === null ? null : viewOf(message, note), note } };
      },
    ),

    "messages.list": verb("messages:read", (_who, input: ListInput): Outcome<ListPart> => {
      const { reference, limit, createdFrom, createdTo, ...rest } = input;
      const filter = { ...rest, ...idsBetween(deps.ids.prefixOf("msg"), createdFrom, createdTo) };
      const name = reference === undefined ? null : deps.vault.keyedName("reference", reference).subarray(0, 16);
      const rows = deps.ledger.list(name === null ? filter : { ...filter, reference: name }, rowsFor(limit));
      const live = rows.map(({ message }) => viewOf(message, message.facts.note ? readNote(deps, message.id) : null));
      const records = name === null ? filter : { ...filter, reference: Buffer.from(name).toString("base64url") };
      return { ok: { live, limit, records } };
    }),

    "messages.notes": verb("messages:read", (_who, input: { ids: string[] }): Outcome<Record<string, Note>> => ({
      ok: Object.fromEntries(
        input.ids.flatMap((id) => {
          const note = readNote(deps, id);
          return note === null ? [] : [[id, note]];
        }),
      ),
    })),

    "messages.cancel": verb("messages:send", (who, input: { id: string }) => cancel(deps, who.id, input.id)),
  };
}

export type MessagesVerbs = ReturnType<typeof messagesVerbs>;

function cancel(deps: MessagesDeps, key: string, id: string): Outcome<MessageView> {
  const message = deps.ledger.get(id);
  if (message === null) return refuse("not_found");
  const canceled = mayEnter(message.state, "canceled") ? end(deps, message, "canceled", "by_caller", deps.now()) : null;
  if (canceled === null) return refuse("not_cancelable", { detail: `The message is ${message.state}.` });
  deps.record(byCaller(key), { act: "message.canceled", subject: id, facts: {} });
  return { ok: viewOf(canceled, readNote(deps, id)) };
}

/** What sending would do, without a token or a row for the person. The number is counted as named, as for a message. */
function preview(deps: MessagesDeps, key: string, input: SendInput & { smart: boolean }): Outcome<Preview> {
  const policy = deps.policy();
  const now = deps.now();
  const encoded = input.smart ? smartEncode(input.text) : { text: input.text, replacements: [] };
  const { purpose, from } = input;
  const screened = deps.screen({ text: encoded.text, direction: "outbound", purpose, from });
  const measured = measure(screened.text);
  const recipient = deps.naming.name(key, input.to);
  if ("refused" in recipient) return recipient;
  const reasons: string[] = [];
  const strange = judgeSender(input.from, policy, recipient.country);
  const judged = judgeNumber(recipient, policy, deps.environment) ?? strange;
  if (judged !== null) reasons.push(judged.refused);
  const choice = routeFor(deps, recipient, input.purpose);
  const stopped = judgeConsent(deps, recipient.index, input, policy, choice);
  if (stopped !== null) reasons.push(stopped.refused);
  if (screened.does === "block") reasons.push("screened");
  const times = timesOf(input, now);
  if ("refused" in times) reasons.push(times.refused);
  if (measured.segments > policy.segmentsMax) reasons.push("text_too_long");
  const route = choice.accounts[0] ?? null;
  if (route === null) reasons.push(noCarrier(choice).refused);
  const act = actFor(key, recipient, input.purpose, policy, null);
  const later = input.scheduleAt !== null;
  const reached = deps.caps.check(act, policy.limits, now, later);
  if (reached !== null) reasons.push(limitRefusal(reached).refused);
  const about = spending(key, input, { act, policy, sending: null, choice, measured });
  const budgets = deps.budgets.ledger.touched(spendOf(deps, recipient, about), later).map(touchedView);
  if (budgets.some(({ stands_against }) => stands_against !== null)) reasons.push(BUDGET_REASON);
  return {
    ok: {
      encoding: measured.encoding,
      segments: measured.segments,
      replacements: encoded.replacements,
      sender: strange === null ? (input.from ?? policy.defaultSender) : null,
      number_kind: recipient.kind,
      route,
      routing: choiceView(choice),
      price: route === null ? null : priceOf(choice, route, measured.segments),
      budgets,
      screening: screened.label,
      would: reasons.length === 0 ? "accepted" : "refused",
      reasons,
    },
  };
}
