/**
 * The shapes of figures in the API: what is taken, and what is answered. They validate and they make the document.
 */
import { z } from "zod";
import { EXAMPLE_TIME, exampleId } from "../contract/example.ts";
import { Time } from "../contract/label.ts";
import { pageOf } from "../contract/list.ts";
import { DIMENSIONS, type Dimension } from "./figures.ts";
import { STEPS } from "./groups.ts";

/** Dimensions of which a message has one and a verification has none. */
const OF_MESSAGES_ONLY: readonly Dimension[] = ["purpose", "network"];
const OF_VERIFICATIONS = DIMENSIONS.filter((dimension) => !OF_MESSAGES_ONLY.includes(dimension));

/** A list of dimensions, separated by commas. */
const byOf = (known: readonly Dimension[]) =>
  z
    .string()
    .max(100)
    .default("")
    .transform((text) => text.split(",").filter((name) => name !== ""))
    .pipe(
      z
        .array(z.enum(DIMENSIONS).refine((name) => known.includes(name), `Use only ${known.join(", ")}.`))
        .refine((names) => new Set(names).size === names.length, "Name each dimension once."),
    )
    .meta({ description: `What to tell apart, separated by commas: ${known.join(", ")}.`, type: "string" });

const asked = {
  from: Time.optional().meta({ description: "The first hour or day: the one in which this time lies. UTC." }),
  to: Time.optional().meta({ description: "The end, exclusive, rounded up to a whole hour or day. UTC." }),
  step: z.enum(STEPS).default("hour"),
  format: z
    .enum(["json", "csv"])
    .default("json")
    .meta({ description: "`csv` answers one line a row, as `accept: text/csv` does." }),
};
export const StatsQuery = z.strictObject({ ...asked, by: byOf(DIMENSIONS) });
export const VerificationStatsQuery = z.strictObject({ ...asked, by: byOf(OF_VERIFICATIONS) });

const By = z.record(z.string(), z.string().nullable()).meta({ description: "Null: it has none." });
const Cost = z
  .array(z.object({ amount: z.int().meta({ description: "In micro-units." }), currency: z.string() }))
  .meta({ description: "What those cost that a carrier took, by currency, as far as accounts name prices." });
const Latency = (what: string) =>
  z
    .object({ p50_ms: z.int(), p95_ms: z.int(), p99_ms: z.int() })
    .nullable()
    .meta({ description: `${what} Each is at most 10 % off. Null where there are none.` });

const COST = [{ amount: 38_000, currency: "GBP" }];
const LATENCY = { p50_ms: 2_726, p95_ms: 7_435, p99_ms: 11_107 };

export const StatsRow = z
  .object({
    at: z.string(),
    by: By,
    messages: z.int(),
    segments: z.int(),
    cost: Cost,
    latency: Latency("From when it was to leave to when it was delivered."),
  })
  .meta({
    id: "MessageFigures",
    examples: [
      {
        at: EXAMPLE_TIME,
        by: { state: "delivered", carrier: exampleId("car") },
        messages: 1,
        segments: 1,
        cost: COST,
        latency: LATENCY,
      },
    ],
  });

export const VerificationStatsRow = z
  .object({
    at: z.string(),
    by: By,
    verifications: z.int(),
    approved: z.int(),
    conversion: z.number().nullable().meta({ description: "Approved of all." }),
    cost: Cost,
    latency: Latency("From the start to the right code."),
  })
  .meta({
    id: "VerificationFigures",
    examples: [
      {
        at: EXAMPLE_TIME,
        by: { country: "GB" },
        verifications: 4,
        approved: 3,
        conversion: 0.75,
        cost: COST,
        latency: LATENCY,
      },
    ],
  });

/** A list of figures; it has one page. */
export const figuresOf = <Row extends z.ZodType>(row: Row) =>
  pageOf(row).extend({
    complete: z.boolean().meta({
      description:
        "False while more messages of this time are on their way than are read for one answer: the oldest of them are missing.",
    }),
  });
