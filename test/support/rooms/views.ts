/** Views of messages and verifications of every shape, for what is stored of them. */
import fc from "fast-check";
import { isoOf } from "../../../src/base/clock.ts";
import { CHOOSE, PASSED_OVER } from "../../../src/carriers/route.ts";
import type { MessageView } from "../../../src/messages/message.ts";
import { RECORDED_STATES } from "../../../src/messages/records/layout.ts";
import { maskFrom } from "../../../src/sms/mask.ts";
import { NUMBER_KINDS } from "../../../src/sms/number-plan.ts";
import { PURPOSES } from "../../../src/sms/purpose.ts";
import { STATES as MESSAGE_STATES } from "../../../src/messages/message.ts";
import { STRENGTHS } from "../../../src/verify/code/code.ts";
import { CHANNELS, INTENTS, type VerificationView } from "../../../src/verify/code/verification.ts";
import { RECORDED_STATES as VERIFICATION_STATES } from "../../../src/verify/record.ts";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const chars = (length: number) =>
  fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: length, maxLength: length });
const ulid = chars(26);
const time = fc.integer({ min: 1_500_000_000_000, max: 4_000_000_000_000 }).map(isoOf);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const text = fc.string({ maxLength: 40, unit: "binary" }).map((each) => each.replaceAll("\0", "")); // SQLite ends a text there
const account = fc.oneof(
  ulid.map((tail) => `car_e000000000${tail}`),
  ulid.map((tail) => `car_u000000000${tail}`),
  fc.constant("car_1"),
);

/** The owner part of the views' ids. */
export const VIEWS_OF = "e12345678";
const own = (prefix: string) => ulid.map((tail) => `${prefix}_${VIEWS_OF}0${tail}`);
const price = fc.record({ amount: fc.integer({ min: 0 }), currency: fc.constantFrom("GBP", "EUR") });
const to = fc.record({
  token: own("tok"),
  mask: fc
    .tuple(fc.constantFrom("44", "1", "353"), fc.constantFrom("23", "00"))
    .map(([code, two]) => maskFrom(code, two)),
  country: fc.constantFrom("GB", "US", "001"),
  kind: fc.constantFrom(...NUMBER_KINDS),
});

export const messageViews: fc.Arbitrary<MessageView> = fc.record({
  id: own("msg"),
  batch_id: maybe(
    fc.oneof(
      own("bat"),
      ulid.map((tail) => `bat_u876543210${tail}`),
    ),
  ),
  to,
  from: maybe(text),
  purpose: fc.constantFrom(...PURPOSES),
  state: fc.constantFrom(...RECORDED_STATES),
  reason: maybe(text),
  segments: fc.integer({ min: 1, max: 10 }),
  encoding: fc.constantFrom("gsm7" as const, "ucs2" as const),
  reference: fc.constant(null),
  metadata: fc.constant(null),
  schedule_at: maybe(time),
  expires_at: time,
  created_at: time,
  sent_at: maybe(time),
  ended_at: maybe(time),
  carrier: maybe(account),
  attempts: fc.array(
    fc.record({
      carrier: account,
      outcome: maybe(fc.constantFrom("accepted", "declined", "throttled", "unknown", "skipped")),
      at: time,
      latency_ms: maybe(fc.integer({ min: 0 })),
      code: maybe(text),
      carrier_reference: maybe(text),
    }),
    { maxLength: 4 },
  ),
  route: maybe(
    fc.record({
      rule: maybe(text),
      choose: fc.constantFrom(...CHOOSE),
      passed_over: fc.array(fc.record({ carrier: account, reason: fc.constantFrom(...PASSED_OVER) }), { maxLength: 3 }),
    }),
  ),
  price: maybe(price),
  sequence: fc.integer({ min: 1, max: 1_000 }),
});

export const verificationViews: fc.Arbitrary<VerificationView> = fc.record({
  id: own("ver"),
  to,
  channel: fc.constantFrom(...CHANNELS),
  intent: fc.constantFrom(...INTENTS),
  service: maybe(own("svc")),
  template: fc.oneof(fc.constant("login"), own("tpl")),
  locale: fc.constantFrom("en", "de"),
  created_at: time,
  expires_at: time,
  factor_strength: fc.constantFrom(...STRENGTHS),
  state: fc.constantFrom(...VERIFICATION_STATES),
  reason: maybe(text),
  ended_at: maybe(time),
  resend_after: fc.constant(null),
  attempts_left: fc.constant(0),
  sends_left: fc.constant(0),
  sends: fc.array(
    fc.record({ message_id: own("msg"), at: time, state: fc.constantFrom(...MESSAGE_STATES), carrier: maybe(account) }),
    { maxLength: 3 },
  ),
  cost: maybe(price),
  metadata: fc.constant(null),
  sequence: fc.integer({ min: 1, max: 1_000 }),
});
