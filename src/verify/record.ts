/**
 * The layout of a verification's record, like a message's in messages/records/layout.ts: columns, and one JSON array whose places are
 * defined here. Fields that are the same for every ended verification are not stored.
 */
import { z } from "zod";
import { isoOf, millisecondsOf } from "../base/clock.ts";
import { OPERATOR_CODE, parseId, stemOf, withoutStem, withStem } from "../base/ids.ts";
import { STATES as MESSAGE_STATES } from "../messages/message.ts";
import { DOTS } from "../sms/mask.ts";
import { NUMBER_KINDS } from "../sms/number-plan.ts";
import type { RecordRow } from "../storage/records.ts";
import { STRENGTHS } from "./code/code.ts";
import { CHANNELS, INTENTS, STATES, type State, type VerificationView } from "./code/verification.ts";

/** The states in which a verification is recorded. */
export const RECORDED_STATES: readonly State[] = STATES.filter((state) => state !== "pending");

/** A verification's row in D1; `token` is the token without its tenant. */
export type VerificationRow = RecordRow<State>;

const time = z.int();

/** One code sent. */
const SEND = z.tuple([
  z.string(), // message
  time, // milliseconds after the verification was made
  z.enum(MESSAGE_STATES),
  z.string().nullable(), // account
]);

/** The array. Times are milliseconds after `created`. */
const RECORD = z.tuple([
  z.string(), // mask, with * for its dots
  z.string(), // country
  z.enum(NUMBER_KINDS),
  z.enum(CHANNELS),
  z.enum(INTENTS),
  z.string().nullable(), // service
  z.string(), // template: its id, or the name of a built-in one
  z.string(), // locale
  z.enum(STRENGTHS),
  time, // created, in milliseconds since 1970
  time, // expires
  time.nullable(), // ended
  z.string().nullable(), // reason
  z.array(SEND),
  z.tuple([z.int(), z.string()]).nullable(), // cost: micro-units, currency
]);
type Layout = z.infer<typeof RECORD>;

/** The row of an ended verification. */
export function rowOfVerification(view: VerificationView): VerificationRow {
  const stems = stemsOf(view.id);
  const { id, to, state, sequence, created_at, sends, cost, ...rest } = view;
  const created = millisOf(created_at);
  const record: Layout = [
    to.mask.replace(DOTS, "*"),
    to.country,
    to.kind,
    rest.channel,
    rest.intent,
    rest.service === null ? null : withoutStem(stems.service, rest.service),
    rest.template,
    rest.locale,
    rest.factor_strength,
    created,
    millisOf(rest.expires_at) - created,
    rest.ended_at === null ? null : millisOf(rest.ended_at) - created,
    rest.reason,
    sends.map((each) => [
      withoutStem(stems.message, each.message_id),
      millisOf(each.at) - created,
      each.state,
      each.carrier === null ? null : withoutStem(stems.account, each.carrier),
    ]),
    cost === null ? null : [cost.amount, cost.currency],
  ];
  return { id, version: sequence, state, record: JSON.stringify(record), token: withoutStem(stems.token, to.token) };
}

/** The verification as the API shows it, without metadata. Throws if the record's layout is unknown. */
export function verificationOfRow({ id, version, state, token, record }: VerificationRow): VerificationView {
  const stems = stemsOf(id);
  const [
    mask,
    country,
    kind,
    channel,
    intent,
    service,
    template,
    locale,
    strength,
    created,
    expires,
    ended,
    reason,
    sends,
    cost,
  ] = RECORD.parse(JSON.parse(record));
  return {
    id,
    to: { token: withStem(stems.token, token), mask: mask.replace("*", DOTS), country, kind },
    channel,
    intent,
    service: service === null ? null : withStem(stems.service, service),
    template,
    locale,
    created_at: isoOf(created),
    expires_at: isoOf(created + expires),
    factor_strength: strength,
    state,
    reason,
    ended_at: ended === null ? null : isoOf(created + ended),
    resend_after: null,
    attempts_left: 0,
    sends_left: 0,
    sends: sends.map(([message, at, sendState, account]) => ({
      message_id: withStem(stems.message, message),
      at: isoOf(created + at),
      state: sendState,
      carrier: account === null ? null : withStem(stems.account, account),
    })),
    cost: cost === null ? null : { amount: cost[0], currency: cost[1] },
    metadata: null,
    sequence: version,
  };
}

/** The prefixes of ids in a record, which follow from the record's id. */
type Stems = { token: string; service: string; message: string; account: string };

function stemsOf(id: string): Stems {
  const owner = parseId(id);
  if (owner === null) throw new TypeError("a record has a verification's id");
  const operator = { jurisdiction: owner.jurisdiction, code: OPERATOR_CODE };
  return {
    token: stemOf("tok", owner),
    service: stemOf("svc", owner),
    message: stemOf("msg", owner),
    account: stemOf("car", operator),
  };
}

function millisOf(text: string): number {
  const at = millisecondsOf(text);
  if (at === null) throw new TypeError("a time of a verification is a time");
  return at;
}
