/**
 * Budgets in requests and answers, of tenants and of operators.
 */
import { z } from "zod";
import { EXAMPLE_TIME, exampleId } from "../../contract/example.ts";
import { Label } from "../../contract/label.ts";
import { PURPOSES } from "../../sms/purpose.ts";
import type { BudgetChange, BudgetWish } from "./verbs.ts";
import { isZone, WINDOWS } from "./window.ts";

/** Micro-units are counted as whole numbers, which are exact up to 2^53. */
const AMOUNT_MAX = 1_000_000_000_000_000;

const Limit = z
  .strictObject({ amount: z.int().min(0).max(AMOUNT_MAX), currency: z.string().regex(/^[A-Z]{3}$/) })
  .meta({ description: "Micro-units of one currency: 1000000 is one pound." });

const PREFIX = /^\+[1-9]\d{6}$/;
/** A name of eleven characters or a short code. A number is none: it could be a person's. */
const SENDER = /^(?:(?=.*[A-Za-z])[A-Za-z0-9 ._&-]{1,11}|\d{3,6})$/;

const Scope = z
  .strictObject({
    key: z.string().max(64).optional().meta({ description: "An API key with all its rotations, or a person." }),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .optional(),
    prefix: z
      .string()
      .regex(PREFIX)
      .optional()
      .meta({ description: "The first seven digits of numbers; kept sealed." }),
    purpose: z.enum(PURPOSES).optional(),
    service: z.string().max(64).optional().meta({ description: "A verification service." }),
    sender: z.string().regex(SENDER).optional().meta({ description: "A name or short code; kept sealed." }),
  })
  .meta({ description: "What it bounds: all fields must fit. Without any it is the whole tenant." });

const settings = {
  hard: z
    .boolean()
    .meta({ description: "Whether a text that does not fit is refused. Else levels are told, no more." }),
  soft_levels: z
    .array(z.int().min(1).max(1_000))
    .max(10)
    .refine((levels) => new Set(levels).size === levels.length, "Name each level once.")
    .meta({ description: "Percent of the limit that `budget.reached` tells of, each once in a window." }),
  kept_for_codes: z.int().min(0).max(90).meta({
    description:
      "The last percent of a hard budget, for codes to people who have proven their number, and nobody else.",
  }),
  without_price: z.enum(["refuse", "pass"]).meta({
    description: "What a hard budget does with a text when an account of its route has no price.",
  }),
};

export const NewBudget = z
  .strictObject({
    name: Label,
    scope: Scope.default({}),
    window: z.enum(WINDOWS),
    rolling: z.boolean().default(false).meta({
      description:
        "The last so many minutes, at any moment, instead of the calendar's. A rolling month has thirty days.",
    }),
    time_zone: z
      .string()
      .max(64)
      .refine(isZone, "Name an IANA time zone, such as Europe/London.")
      .default("Europe/London"),
    limit: Limit,
    hard: settings.hard.default(false),
    soft_levels: settings.soft_levels.default([80, 100]),
    kept_for_codes: settings.kept_for_codes.default(0),
    without_price: settings.without_price.default("refuse"),
  })
  .meta({ id: "NewBudget" });

export const BudgetChangeBody = z
  .strictObject({
    name: Label.optional(),
    limit: Limit.optional(),
    hard: settings.hard.optional(),
    soft_levels: settings.soft_levels.optional(),
    kept_for_codes: settings.kept_for_codes.optional(),
    without_price: settings.without_price.optional(),
  })
  .meta({ id: "ChangeBudget" });

/** A body that may serve as an example. */
export const NEW_BUDGET = {
  name: "Codes of a day",
  scope: { purpose: "otp" },
  window: "day",
  limit: { amount: 50_000_000, currency: "GBP" },
  hard: true,
  kept_for_codes: 20,
};

/** A budget as it is shown to the tenant and to operators. */
export const BudgetView = z
  .object({
    id: z.string(),
    name: z.string(),
    made_by: z.enum(["tenant", "operator"]).meta({ description: "An operator's is a ceiling that you cannot change." }),
    scope: Scope,
    window: z.enum(WINDOWS),
    rolling: z.boolean(),
    time_zone: z.string(),
    limit: Limit,
    ...settings,
    reserved: z
      .int()
      .meta({ description: "For texts that have not left yet, or of which nobody knows whether they did." }),
    spent: z.int().meta({ description: "By what carriers charged." }),
    left: z.int(),
    turns_at: z.string().meta({ description: "When what is used now begins to count no longer." }),
    created_at: z.string(),
    updated_at: z.string(),
    sequence: z.int(),
  })
  .meta({
    id: "Budget",
    examples: [
      {
        id: exampleId("bud"),
        name: "Codes of a day",
        made_by: "tenant",
        scope: { purpose: "otp" },
        window: "day",
        rolling: false,
        time_zone: "Europe/London",
        limit: { amount: 50_000_000, currency: "GBP" },
        hard: true,
        soft_levels: [80, 100],
        kept_for_codes: 20,
        without_price: "refuse",
        reserved: 76_000,
        spent: 4_180_000,
        left: 45_744_000,
        turns_at: EXAMPLE_TIME,
        created_at: EXAMPLE_TIME,
        updated_at: EXAMPLE_TIME,
        sequence: 1,
      },
    ],
  });

/** The wish of a parsed body. */
export function wishOf({
  window: name,
  rolling,
  time_zone: zone,
  soft_levels: softLevels,
  kept_for_codes: keptForCodes,
  without_price: withoutPrice,
  ...rest
}: z.output<typeof NewBudget>): BudgetWish {
  return { ...rest, softLevels, keptForCodes, withoutPrice, window: { name, rolling, zone } };
}

/** The change of a parsed body: the fields that it names. */
export function changeOf(body: z.output<typeof BudgetChangeBody>): BudgetChange {
  const { soft_levels, kept_for_codes, without_price, ...rest } = body;
  return {
    ...rest,
    ...(soft_levels === undefined ? {} : { softLevels: soft_levels }),
    ...(kept_for_codes === undefined ? {} : { keptForCodes: kept_for_codes }),
    ...(without_price === undefined ? {} : { withoutPrice: without_price }),
  };
}
