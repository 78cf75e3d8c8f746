/**
 * The shapes of screening in the API. They validate and they make the document.
 */
import { z } from "zod";
import { parseId } from "../base/ids.ts";
import { clearLine } from "../contract/label.ts";
import { EXAMPLE_LATER, EXAMPLE_NUMBER, EXAMPLE_TIME, exampleId } from "../contract/example.ts";
import { ACTIONS, DEFAULT_WARNING, DIRECTIONS, HOLD_HOURS_MAX } from "../screening/policy.ts";
import { CLASSES } from "../screening/rules.ts";
import { PURPOSES } from "../sms/purpose.ts";
import { HELD_STATES } from "./ledger.ts";

const Line = z.strictObject({
  direction: z.enum(DIRECTIONS).nullable().default(null).meta({ description: "Null: each." }),
  purpose: z.enum(PURPOSES).nullable().default(null).meta({ description: "Null: each." }),
  class: z.enum(CLASSES),
  action: z.enum(ACTIONS),
});

export const PolicyBody = z
  .strictObject({
    enforced: z
      .boolean()
      .meta({ description: "False: texts are judged and labelled, and nothing is changed, held or refused." }),
    domains: z
      .array(z.string().regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}$/))
      .max(50)
      .meta({
        description: "Your own domains: links to them are no signs, and what only looks like one of them is one.",
      }),
    replacement: clearLine(40).default("[removed]"),
    hold_hours: z
      .int()
      .min(1)
      .max(HOLD_HOURS_MAX)
      .meta({ description: "A person's text goes on with its label after this." }),
    code_warning: clearLine(120)
      .nullable()
      .meta({ description: "Added to a person's text that asks for a code, before another person reads it." }),
    rules: z.array(Line).max(100).meta({ description: "The first line that fits decides; the defaults come behind." }),
  })
  .meta({ id: "ScreeningPolicyChange" });

const Actions = z.record(z.string(), z.enum(ACTIONS));

export const ScreeningPolicyView = z
  .object({
    enforced: z.boolean(),
    domains: z.array(z.string()),
    replacement: z.string(),
    hold_hours: z.int(),
    code_warning: z.string().nullable(),
    rules: z.array(
      z.object({
        direction: z.enum(DIRECTIONS).nullable(),
        purpose: z.enum(PURPOSES).nullable(),
        class: z.enum(CLASSES),
        action: z.enum(ACTIONS),
      }),
    ),
    effective: z
      .object({ outbound: Actions, person: Actions, inbound: Actions })
      .meta({ description: "What is done for purpose `service`." }),
  })
  .meta({
    id: "ScreeningPolicy",
    examples: [
      {
        enforced: true,
        domains: ["example.com"],
        replacement: "[removed]",
        hold_hours: 12,
        code_warning: DEFAULT_WARNING,
        rules: [{ direction: "outbound", purpose: null, class: "short_links", action: "hold" }],
        effective: { outbound: { lures: "hold" }, person: { lures: "hold" }, inbound: { lures: "hold" } },
      },
    ],
  });

const Rule = z.object({
  name: z.string(),
  spans: z
    .array(z.array(z.int()))
    .meta({ description: "Offsets in UTF-16 units, the end exclusive; empty where the whole text is meant." }),
});

export const JudgeBody = z
  .strictObject({
    text: z.string().min(1).max(4_000),
    direction: z.enum(DIRECTIONS),
    purpose: z.enum(PURPOSES),
    from: z.string().min(1).max(16).optional(),
  })
  .meta({ id: "JudgeText" });

export const JudgedView = z
  .object({
    verdict: z.enum(ACTIONS),
    enforced: z.boolean(),
    rules: z.array(Rule.extend({ class: z.enum(CLASSES), action: z.enum(ACTIONS) })),
    score: z.int().meta({ description: "0 to 100, by the linear model: how much the text is like a scam." }),
  })
  .meta({
    id: "JudgedText",
    examples: [
      {
        verdict: "hold",
        enforced: true,
        rules: [{ name: "password_reset", class: "lures", action: "hold", spans: [[0, 24]] }],
        score: 91,
      },
    ],
  });

const HELD_EXAMPLE = {
  id: exampleId("msg"),
  direction: "outbound",
  purpose: "service",
  person: { token: EXAMPLE_NUMBER.token, mask: EXAMPLE_NUMBER.mask },
  verdict: "hold",
  rules: [{ name: "refund", spans: [[10, 42]] }],
  score: 96,
  state: "held",
  held_at: EXAMPLE_TIME,
  until: EXAMPLE_LATER,
  decided_at: null,
} as const;

export const HeldView = z
  .object({
    id: z.string().meta({ description: "Of the message, or of the text that came in." }),
    direction: z.enum(DIRECTIONS),
    purpose: z.enum(PURPOSES),
    person: z
      .object({ token: z.string(), mask: z.string() })
      .nullable()
      .meta({ description: "To whom a program's text goes; who wrote a person's. Null: a sender without a number." }),
    verdict: z.enum(ACTIONS),
    rules: z.array(Rule),
    score: z.int(),
    state: z.enum(HELD_STATES),
    held_at: z.string(),
    until: z.string().meta({ description: "A program's text expires then; a person's goes on with its label." }),
    decided_at: z.string().nullable(),
  })
  .meta({ id: "HeldText", examples: [HELD_EXAMPLE] });

export const ReadHeldView = HeldView.extend({ text: z.string().nullable() }).meta({
  id: "ReadHeldText",
  examples: [{ ...HELD_EXAMPLE, text: "Your refund is ready." }],
});

/** Whether it is the id of a text that can be held: a message, or one that came in. */
export const isHeldId = (text: string): boolean => ["msg", "inb"].includes(parseId(text)?.prefix ?? "");

export const DecideBody = z
  .strictObject({
    ids: z.array(z.string().refine(isHeldId, "Give ids of held texts, `msg_…` or `inb_…`.")).min(1).max(100),
    decision: z.enum(["release", "block"]),
    reason: z.string().min(1).max(200).optional().meta({ description: "Kept in the audit, numbers in it masked." }),
  })
  .meta({ id: "DecideHeld" });

export const DecidedView = z.object({
  data: z.array(
    z.object({ id: z.string(), done: z.boolean().meta({ description: "False: it was not held any more." }) }),
  ),
});

/** What an event tells of a text on which rules fired. */
export const EventScreened = z
  .object({
    screened: z.object({
      id: z.string(),
      direction: z.enum(DIRECTIONS),
      verdict: z.enum(ACTIONS),
      rules: z.array(Rule),
      score: z.int(),
    }),
  })
  .meta({
    examples: [
      {
        screened: {
          id: exampleId("msg"),
          direction: "outbound",
          verdict: "warn",
          rules: [{ name: "shortened_link", spans: [[12, 30]] }],
          score: 20,
        },
      },
    ],
  });
