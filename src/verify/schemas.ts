/**
 * The shapes of verifications in the API, bodies and answers: they validate, and the OpenAPI document is made from them.
 */
import { z } from "zod";
import { isBlank } from "../sms/characters.ts";
import { findNumbers } from "../sms/phone.ts";
import { neighbourhoodOf } from "../net/address.ts";
import { EXAMPLE_LATER, EXAMPLE_NUMBER, EXAMPLE_TIME, exampleId } from "../contract/example.ts";
import { Label } from "../contract/label.ts";
import { Metadata, MoneyView, NumberView, To } from "../messages/schemas.ts";
import { STATES as MESSAGE_STATES } from "../messages/message.ts";
import { BUILTINS } from "./code/builtin.ts";
import { DIMENSIONS } from "./counts.ts";
import { CODE_LENGTH, CODE_SECONDS, normaliseCode, STRENGTHS } from "./code/code.ts";
import { AMOUNT_MAX, isCurrency, PAYEE_MAX, payeeOf } from "./code/context.ts";
import { VARIABLE_CHARS_MAX, VARIABLES_MAX } from "./code/template.ts";
import { CHANNELS, CHECK_REASONS, INTENTS, STATES } from "./code/verification.ts";

/** The sender's name in a text. */
export const Brand = Label.max(30)
  .refine((text) => (text.match(/\d/g) ?? []).length <= 4, "Use at most four digits.")
  .refine((text) => !/[@{}]/.test(text), "Use no @ and no braces.");

export const Locale = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Z]{2})?$/, "Write a language, or a language and a country: en-GB, cy.")
  .meta({ examples: ["en-GB"] });

export const CodeLength = z.int().min(CODE_LENGTH.min).max(CODE_LENGTH.max);
export const CodeAlphabet = z.enum(["numeric", "alphanumeric"]);
/** Ten minutes is a constant: no schema takes more. */
export const TtlSeconds = z.int().min(CODE_SECONDS.min).max(CODE_SECONDS.max);
export const TemplateName = z
  .union([z.enum(BUILTINS), z.string().regex(/^tpl_\w{1,60}$/)])
  .meta({ description: "A template's id, or a built-in one: generic, login, signup, payment." });

const context = {
  amount: z.int().min(0).max(AMOUNT_MAX).optional().meta({ description: "In micro-units." }),
  currency: z
    .string()
    .regex(/^[A-Za-z]{3}$/, "Write three letters, such as GBP.")
    .refine(isCurrency, "This is not a currency of ISO 4217. Write its code, such as GBP.")
    .optional(),
  payee: z
    .string()
    .min(1)
    .max(PAYEE_MAX)
    .refine((name) => !isBlank(payeeOf(name)), "Write at least one visible character.")
    .optional(),
};

export const EndUserBody = z
  .strictObject({
    ip: z
      .string()
      .max(50)
      .refine((ip) => neighbourhoodOf(ip) !== null, "Write an IPv4 or IPv6 address.")
      .optional(),
    user_agent: z.string().max(500).optional(),
    device_id: z.string().min(1).max(200).optional(),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .optional(),
  })
  .meta({
    id: "EndUser",
    description:
      "The person who asks for the code, or types it. Stored only as a keyed fingerprint; `country` is not stored.",
  });

/** No digits: it is stored and shown in plaintext, and must not hold a number. */
export const LimitName = z.string().regex(/^[a-z][a-z_]{0,31}$/, "Use lower-case letters and underscores.");

/** The fields that a text is made of, in a start and a preview. */
const wording = {
  intent: z.enum(INTENTS).default("other"),
  service: z.string().max(64).optional(),
  template: TemplateName.optional(),
  brand: Brand.optional(),
  locale: Locale.optional(),
  code_length: CodeLength.optional(),
  code_alphabet: CodeAlphabet.optional(),
  ttl_seconds: TtlSeconds.optional(),
  ...context,
  origin: z.string().max(300).optional().meta({ description: "The https origin that autofill is bound to." }),
  app_hash: z
    .string()
    .regex(/^[A-Za-z0-9+/]{11}$/, "Write the 11 characters of the Android app hash.")
    .refine((hash) => findNumbers(hash).length === 0, "A phone number is no app hash.")
    .optional(),
  variables: z
    .record(
      z.string().regex(/^[a-z][a-z_]{0,29}$/),
      z
        .string()
        .max(VARIABLE_CHARS_MAX)
        .refine((text) => !isBlank(text), "Write at least one visible character."),
    )
    .refine((variables) => Object.keys(variables).length <= VARIABLES_MAX, `At most ${VARIABLES_MAX} variables.`)
    .optional(),
};

export const WordingBody = z.strictObject(wording).meta({ id: "PreviewVerificationText" });
export type WordingBody = z.infer<typeof WordingBody>;

export const StartBody = z
  .strictObject({
    to: To,
    channel: z.enum(CHANNELS).optional(),
    ...wording,
    end_user: EndUserBody.optional(),
    metadata: Metadata.optional(),
    custom_code: z
      .string()
      .regex(/^[A-Za-z0-9]{4,10}$/, "Use 4 to 10 letters and digits.")
      .optional(),
    limits: z
      .record(LimitName, z.string().min(1).max(200))
      .refine((limits) => Object.keys(limits).length <= 10, "At most 10 limits.")
      .optional(),
  })
  .meta({ id: "StartVerification" });
export type StartBody = z.infer<typeof StartBody>;

const guess = {
  code: z
    .string()
    .min(1)
    .max(40)
    .refine((code) => normaliseCode(code) !== "", "Write the code as the person typed it."),
  ...context,
  end_user: EndUserBody.optional(),
};

export const CheckBody = z.strictObject(guess).meta({ id: "CheckVerification" });
export const CheckToBody = z
  .strictObject({
    to: To,
    ...guess,
    service: z.string().max(64).optional(),
    intent: z.enum(INTENTS).optional(),
  })
  .meta({ id: "CheckVerificationOf" });

const EXAMPLE = {
  id: exampleId("ver"),
  to: EXAMPLE_NUMBER,
  channel: "sms",
  intent: "login",
  service: null,
  template: "login",
  locale: "en-GB",
  created_at: EXAMPLE_TIME,
  expires_at: "2026-11-02T09:40:00.000Z",
  factor_strength: "restricted",
  state: "pending",
  reason: null,
  ended_at: null,
  resend_after: "2026-11-02T09:30:30.000Z",
  attempts_left: 5,
  sends_left: 4,
  sends: [{ message_id: exampleId("msg"), at: EXAMPLE_TIME, state: "queued", carrier: exampleId("car") }],
  cost: null,
  sequence: 1,
} as const;

export const VerificationView = z
  .object({
    id: z.string(),
    to: NumberView,
    channel: z.enum(CHANNELS),
    intent: z.enum(INTENTS),
    service: z.string().nullable(),
    template: z.string(),
    locale: z.string(),
    created_at: z.string(),
    expires_at: z.string(),
    factor_strength: z.enum(STRENGTHS),
    state: z.enum(STATES),
    reason: z.string().nullable(),
    ended_at: z.string().nullable(),
    resend_after: z.string().nullable(),
    attempts_left: z.int(),
    sends_left: z.int(),
    sends: z.array(
      z.object({
        message_id: z.string(),
        at: z.string(),
        state: z.enum(MESSAGE_STATES),
        carrier: z.string().nullable(),
      }),
    ),
    cost: MoneyView.meta({ description: "The total of its sends' prices, as far as their accounts have prices." }),
    metadata: z.record(z.string(), z.string()).nullable(),
    sequence: z.int(),
  })
  .meta({ id: "Verification", examples: [{ ...EXAMPLE, metadata: { team: "north" } }] });

const ENDED = { state: "approved", ended_at: EXAMPLE_LATER, resend_after: null, attempts_left: 0, sends_left: 0 };

/** A verification in an event: without the caller's free fields. */
export const EventVerificationView = VerificationView.omit({ metadata: true }).meta({
  id: "EventVerification",
  examples: [{ ...EXAMPLE, ...ENDED, sequence: 2 }],
});

export const CheckView = z
  .object({
    state: z.enum(STATES),
    valid: z.boolean(),
    reason: z.enum(CHECK_REASONS).nullable(),
    attempts_left: z.int(),
  })
  .meta({
    id: "VerificationCheck",
    description: "`reason` is for you. Show the end user one sentence for every `valid: false`.",
    examples: [{ state: "pending", valid: false, reason: "wrong_code", attempts_left: 4 }],
  });

export const CheckToView = CheckView.extend({ id: z.string() }).meta({
  id: "VerificationCheckOf",
  examples: [{ id: exampleId("ver"), state: "approved", valid: true, reason: null, attempts_left: 0 }],
});

const SUMMARY = {
  key: "GB",
  started: 120,
  sent: 119,
  delivered: 117,
  approved: 102,
  failed: 3,
  expired: 14,
  conversion: 0.85,
};

export const SummaryView = z
  .object({
    by: z.enum(DIMENSIONS),
    from: z.string(),
    to: z.string(),
    data: z.array(
      z.object({
        key: z.string().nullable().meta({ description: "Null: none, or a prefix with too few starts to be shown." }),
        started: z.int(),
        sent: z.int(),
        delivered: z.int(),
        approved: z.int(),
        failed: z.int(),
        expired: z.int(),
        conversion: z.number().nullable().meta({ description: "`approved` divided by `started`." }),
      }),
    ),
  })
  .meta({
    id: "VerificationSummary",
    examples: [{ by: "country", from: EXAMPLE_TIME, to: EXAMPLE_LATER, data: [SUMMARY] }],
  });
