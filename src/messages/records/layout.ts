/**
 * The layout of a message's record: the fields of an ended message as columns of the table and one JSON array, whose places are
 * defined here. Ids are stored without the prefix that they share with the record's id; nothing is stored twice. docs/storage.md
 * has an example.
 *
 * A new field of the view does not compile until it has a place. New places go into the named rest, so that older records can still
 * be read.
 */
import { z } from "zod";
import { isoOf, millisecondsOf } from "../../base/clock.ts";
import { OPERATOR_CODE, parseId, stemOf, withoutStem, withStem, type Owner } from "../../base/ids.ts";
import { given } from "../../contract/list.ts";
import { CHOOSE, PASSED_OVER } from "../../carriers/route.ts";
import { DOTS } from "../../sms/mask.ts";
import { NUMBER_KINDS } from "../../sms/number-plan.ts";
import { ShortLabel } from "../../screening/policy.ts";
import { PURPOSES } from "../../sms/purpose.ts";
import type { RecordRow } from "../../storage/records.ts";
import { ENDED, STATES, type Facts, type MessageView, type State } from "../message.ts";

/** The states in which a message is recorded. */
export const RECORDED_STATES: readonly State[] = STATES.filter(
  (state) => ENDED.has(state) || state === "sent" || state === "unknown",
);

/** A message's row in D1. `reference`: the keyed name of the caller's reference; `token`: the token without its tenant. */
export type MessageRow = RecordRow<State>;

const OUTCOMES = ["accepted", "declined", "throttled", "unknown", "skipped"] as const;
const time = z.int();

/** One call to a carrier. */
const ATTEMPT = z.tuple([
  z.string().nullable(), // account; null: the account that has the message
  z.enum(OUTCOMES).nullable(),
  time, // milliseconds after the message was made
  z.int().nullable(), // latency in milliseconds
  z.string().nullable(), // code
  z.string().nullable(), // the carrier's own id
]);

/** Fields that most messages do not have. */
const REST = z.object({
  batch: z.string().optional(),
  reason: z.string().optional(),
  schedule: time.optional(),
  screening: ShortLabel.optional(),
  route: z
    .tuple([z.string().nullable(), z.enum(CHOOSE), z.array(z.tuple([z.string(), z.enum(PASSED_OVER)]))])
    .optional(),
  network: z.string().optional(), // this and the next two are counted (records/figures.ts) and not shown
  service: z.string().optional(),
  template: z.string().optional(),
});

/** The array. Times are milliseconds after `created`. */
const RECORD = z.tuple([
  z.string(), // mask, with * for its dots
  z.string(), // country
  z.enum(NUMBER_KINDS),
  z.enum(PURPOSES),
  z.string().nullable(), // from
  z.enum(["gsm7", "ucs2"]),
  z.int(), // segments
  time, // created, in milliseconds since 1970
  time, // expires
  time.nullable(), // sent
  time.nullable(), // ended
  z.string().nullable(), // account
  z.array(ATTEMPT),
  z.tuple([z.int(), z.string()]).nullable(), // price: micro-units, currency
  REST,
]);
type Layout = z.infer<typeof RECORD>;

/** What is counted of a message and is not in its view. */
type CountedFacts = Pick<Facts, "network" | "service" | "template">;

/** The row of an ended message. */
export function rowOfMessage(view: MessageView, reference: string | null, counted: CountedFacts = {}): MessageRow {
  const stems = stemsOf(view.id);
  const { id, to, state, sequence, created_at, carrier, attempts, price, ...rest } = view;
  const created = millisOf(created_at);
  const after = (at: string | null) => (at === null ? null : millisOf(at) - created);
  const record: Layout = [
    to.mask.replace(DOTS, "*"),
    to.country,
    to.kind,
    rest.purpose,
    rest.from,
    rest.encoding,
    rest.segments,
    created,
    millisOf(rest.expires_at) - created,
    after(rest.sent_at),
    after(rest.ended_at),
    carrier === null ? null : withoutStem(stems.account, carrier),
    attempts.map((each) => [
      each.carrier === carrier ? null : withoutStem(stems.account, each.carrier),
      each.outcome,
      millisOf(each.at) - created,
      each.latency_ms,
      each.code,
      each.carrier_reference,
    ]),
    price === null ? null : [price.amount, price.currency],
    { ...restOf(view, stems, after(rest.schedule_at)), ...countedOf(counted, stems) },
  ];
  const token = withoutStem(stems.token, to.token);
  return { id, version: sequence, state, record: JSON.stringify(record), token, reference };
}

function countedOf({ network, service, template }: CountedFacts, stems: Stems): CountedFacts {
  const short = service === undefined ? undefined : withoutStem(stems.service, service);
  return given({ network, service: short, template });
}

function restOf(view: MessageView, stems: Stems, schedule: number | null): z.infer<typeof REST> {
  const { batch_id, reason, route, screening } = view;
  const passed = route?.passed_over.map(
    (each) => [withoutStem(stems.account, each.carrier), each.reason] as [string, typeof each.reason],
  );
  return {
    ...(batch_id === null ? {} : { batch: withoutStem(stems.batch, batch_id) }),
    ...(reason === null ? {} : { reason }),
    ...(schedule === null ? {} : { schedule }),
    ...(screening === undefined ? {} : { screening }),
    ...(route === null || passed === undefined ? {} : { route: [route.rule, route.choose, passed] }),
  };
}

/** The message as the API shows it, without the caller's free fields. Throws if the record's layout is unknown. */
export function messageOfRow({ id, version, state, token, record }: MessageRow): MessageView {
  const stems = stemsOf(id);
  const [
    mask,
    country,
    kind,
    purpose,
    from,
    encoding,
    segments,
    created,
    expires,
    sent,
    ended,
    account,
    attempts,
    price,
    rest,
  ] = RECORD.parse(JSON.parse(record));
  const after = (offset: number | null | undefined) => (typeof offset === "number" ? isoOf(created + offset) : null);
  const carrier = account === null ? null : withStem(stems.account, account);
  return {
    id,
    batch_id: rest.batch === undefined ? null : withStem(stems.batch, rest.batch),
    to: { token: withStem(stems.token, token), mask: mask.replace("*", DOTS), country, kind },
    from,
    purpose,
    state,
    reason: rest.reason ?? null,
    segments,
    encoding,
    reference: null,
    metadata: null,
    schedule_at: after(rest.schedule),
    expires_at: isoOf(created + expires),
    ...(rest.screening === undefined ? {} : { screening: rest.screening }),
    created_at: isoOf(created),
    sent_at: after(sent),
    ended_at: after(ended),
    carrier,
    attempts: attempts.map(([by, outcome, at, latency_ms, code, carrier_reference]) => ({
      carrier: by === null ? (carrier ?? "") : withStem(stems.account, by),
      outcome,
      at: isoOf(created + at),
      latency_ms,
      code,
      carrier_reference,
    })),
    route: routeOf(rest.route, stems),
    price: price === null ? null : { amount: price[0], currency: price[1] },
    sequence: version,
  };
}

function routeOf(route: z.infer<typeof REST>["route"], { account }: Stems): MessageView["route"] {
  if (route === undefined) return null;
  const [rule, choose, passed] = route;
  return { rule, choose, passed_over: passed.map(([by, reason]) => ({ carrier: withStem(account, by), reason })) };
}

/** The prefixes of ids in a record, which follow from the record's id. */
type Stems = { token: string; batch: string; account: string; service: string };

function stemsOf(id: string): Stems {
  const owner: Owner | null = parseId(id);
  if (owner === null) throw new TypeError("a record has a message's id");
  const operator = { jurisdiction: owner.jurisdiction, code: OPERATOR_CODE };
  return {
    token: stemOf("tok", owner),
    batch: stemOf("bat", owner),
    account: stemOf("car", operator),
    service: stemOf("svc", owner),
  };
}

function millisOf(text: string): number {
  const at = millisecondsOf(text);
  if (at === null) throw new TypeError("a time of a message is a time");
  return at;
}
