/**
 * The shapes of messages in the API, bodies and answers: they validate, and the OpenAPI document is made from them.
 */
import { z } from "zod";
import { Time } from "../contract/label.ts";
import { EXAMPLE_LATER, EXAMPLE_NUMBER, EXAMPLE_TIME, exampleId } from "../contract/example.ts";
import { CHOOSE, PASSED_OVER } from "../carriers/route.ts";
import { ShortLabel, ACTIONS } from "../screening/policy.ts";
import { STATES } from "./message.ts";
import { PURPOSES } from "../sms/purpose.ts";

/** A number in an answer: a token and a mask, never the number. */
export const NumberView = z
  .object({
    token: z.string(),
    mask: z.string(),
    country: z.string(),
    kind: z.string(),
  })
  .meta({
    id: "Number",
    description: "A number as the API shows it: a token, a mask, and what kind it is.",
    examples: [EXAMPLE_NUMBER],
  });

/** A recipient in a body. */
export const To = z
  .union([z.string().min(1).max(40), z.strictObject({ token: z.string().min(1).max(64) })])
  .meta({ description: 'A phone number, or `{"token": "tok_…"}`.' });

/** Free fields of the caller's; stored sealed. */
export const Metadata = z
  .record(z.string().min(1).max(64), z.string().max(500))
  .refine((metadata) => Object.keys(metadata).length <= 20, "At most 20 entries.");

/** Longest text in characters: a little more than ten GSM-7 segments. */
const TEXT_CHARS_MAX = 1_600;

export const SendBody = z
  .strictObject({
    to: To,
    text: z.string().min(1).max(TEXT_CHARS_MAX),
    purpose: z.enum(PURPOSES),
    from: z.string().min(1).max(16).optional(),
    reference: z.string().min(1).max(200).optional(),
    metadata: Metadata.optional(),
    schedule_at: Time.optional(),
    expires_at: Time.optional(),
    ttl_seconds: z.int().min(10).max(259_200).optional(),
    smart_encoding: z.boolean().optional(),
  })
  .meta({ id: "SendMessage" });
export type SendBody = z.infer<typeof SendBody>;

export const BatchBody = z
  .strictObject({ messages: z.array(z.unknown()).min(1).max(1_000) })
  .meta({ id: "SendBatch", description: "Up to 1,000 messages, each as in `POST /v1/messages`." });

export const MoneyView = z
  .object({ amount: z.int().meta({ description: "In micro-units." }), currency: z.string() })
  .nullable();

const MESSAGE_EXAMPLE = {
  id: exampleId("msg"),
  batch_id: null,
  to: EXAMPLE_NUMBER,
  from: "Shifts",
  purpose: "service",
  state: "delivered",
  reason: null,
  segments: 1,
  encoding: "gsm7",
  schedule_at: null,
  expires_at: "2026-11-04T09:30:00.000Z",
  created_at: EXAMPLE_TIME,
  sent_at: EXAMPLE_TIME,
  ended_at: EXAMPLE_LATER,
  carrier: exampleId("car"),
  attempts: [
    {
      carrier: exampleId("car"),
      outcome: "accepted",
      at: EXAMPLE_TIME,
      latency_ms: 84,
      code: null,
      carrier_reference: "SM9f1c0f2ab4e94d0c8e0f5d2b7a6c3e11",
    },
  ],
  route: { rule: "codes", choose: "cheapest", passed_over: [] },
  price: { amount: 38_000, currency: "GBP" },
  sequence: 4,
} as const;

export const MessageView = z
  .object({
    id: z.string(),
    batch_id: z.string().nullable(),
    to: NumberView,
    from: z.string().nullable(),
    purpose: z.enum(PURPOSES),
    state: z.enum(STATES),
    reason: z.string().nullable(),
    segments: z.int(),
    encoding: z.enum(["gsm7", "ucs2"]),
    reference: z.string().nullable(),
    metadata: z.record(z.string(), z.string()).nullable(),
    schedule_at: z.string().nullable(),
    expires_at: z.string(),
    limits_apply_at: z.string().optional().meta({
      description:
        "While it is scheduled or waits for a limit: when the limits per recipient, block of numbers, key, tenant and country are counted. A message that does not fit then waits, with the limit as its `reason`, until `expires_at`, when it becomes `expired` with that reason.",
    }),
    screening: ShortLabel.optional().meta({
      description: "What the screening said of the text, and by which rules; absent where it said nothing.",
    }),
    created_at: z.string(),
    sent_at: z.string().nullable(),
    ended_at: z.string().nullable(),
    carrier: z.string().nullable(),
    attempts: z.array(
      z.object({
        carrier: z.string(),
        outcome: z.enum(["accepted", "declined", "throttled", "unknown", "skipped"]).nullable(),
        at: z.string(),
        latency_ms: z.int().nullable(),
        code: z.string().nullable().meta({ description: "Why it was not accepted, as the adapter names it." }),
        carrier_reference: z.string().nullable().meta({ description: "The carrier's own id of the message." }),
      }),
    ),
    route: z
      .object({
        rule: z.string().nullable(),
        choose: z.enum(CHOOSE),
        passed_over: z.array(z.object({ carrier: z.string(), reason: z.enum(PASSED_OVER) })),
      })
      .nullable()
      .meta({ description: "How its accounts were chosen; null where the tenant's list was followed unchanged." }),
    price: MoneyView,
    sequence: z.int(),
  })
  .meta({ id: "Message", examples: [{ ...MESSAGE_EXAMPLE, reference: "shift-2291", metadata: { team: "north" } }] });

/** A message in an event: without the caller's free fields, which may hold anything. */
export const EventMessageView = MessageView.omit({ reference: true, metadata: true }).meta({
  id: "EventMessage",
  examples: [MESSAGE_EXAMPLE],
});

export const PreviewView = z
  .object({
    encoding: z.enum(["gsm7", "ucs2"]),
    segments: z.int(),
    replacements: z.array(z.object({ from: z.string(), to: z.string(), count: z.int() })),
    sender: z.string().nullable(),
    number_kind: z.string(),
    route: z.string().nullable().meta({ description: "The account it would go by first." }),
    routing: z
      .object({
        rule: z.string().nullable(),
        choose: z.enum(CHOOSE),
        accounts: z.array(
          z.object({
            carrier: z.string(),
            rank: z
              .int()
              .nullable()
              .meta({ description: "Its place in the order of tries; null if it would not be tried." }),
            price: MoneyView.meta({ description: "Of one segment." }),
            weight: z.int().nullable().meta({ description: "10 to 100: lower when its recent receipts are slow." }),
            reason: z.enum(PASSED_OVER).nullable(),
          }),
        ),
      })
      .meta({ description: "The rule that decides, and its result for each of the rule's accounts." }),
    price: MoneyView,
    budgets: z
      .array(
        z.object({
          id: z.string(),
          name: z.string(),
          made_by: z.enum(["tenant", "operator"]),
          hard: z.boolean(),
          amount: z
            .int()
            .nullable()
            .meta({ description: "What it would reserve, by the dearest account of the route." }),
          left: z.int().meta({ description: "What such a text could still use." }),
          currency: z.string(),
          stands_against: z.enum(["spent", "other_currency", "no_price"]).nullable(),
        }),
      )
      .meta({ description: "Every budget that it would touch." }),
    screening: z
      .object({
        verdict: z.enum(ACTIONS),
        rules: z.array(z.object({ name: z.string(), spans: z.array(z.array(z.int())) })),
        score: z.int(),
      })
      .nullable()
      .meta({ description: "What the screening says of the text; null where it says nothing." }),
    would: z.enum(["accepted", "refused"]),
    reasons: z.array(z.string()),
  })
  .meta({
    id: "Preview",
    examples: [
      {
        encoding: "gsm7",
        segments: 1,
        replacements: [{ from: "’", to: "'", count: 1 }],
        sender: "Shifts",
        number_kind: "drama",
        route: exampleId("car"),
        routing: {
          rule: "codes",
          choose: "cheapest",
          accounts: [
            {
              carrier: exampleId("car"),
              rank: 1,
              price: { amount: 38_000, currency: "GBP" },
              weight: 90,
              reason: null,
            },
          ],
        },
        price: { amount: 38_000, currency: "GBP" },
        budgets: [
          {
            id: exampleId("bud"),
            name: "Codes of a day",
            made_by: "tenant",
            hard: true,
            amount: 38_000,
            left: 45_744_000,
            currency: "GBP",
            stands_against: null,
          },
        ],
        screening: null,
        would: "accepted",
        reasons: [],
      },
    ],
  });
