/**
 * Alerts in requests and answers, of tenants and of operators.
 */
import { z } from "zod";
import { EXAMPLE_LATER, EXAMPLE_TIME, exampleId } from "../contract/example.ts";
import { Time } from "../contract/label.ts";

export const AlertView = z
  .object({
    id: z.string(),
    type: z.string().meta({ description: "The event's type." }),
    about: z.string().meta({ description: "The id of what it is about." }),
    state: z.enum(["open", "closed"]),
    count: z.int().meta({ description: "How often it was raised while it is open." }),
    facts: z.record(z.string(), z.unknown()).meta({ description: "As it was last raised." }),
    what_to_do: z.string(),
    first_at: z.string(),
    last_at: z.string(),
    closes_at: z
      .string()
      .nullable()
      .meta({ description: "When it closes if it is not raised again; null: when its cause has ended." }),
    acknowledged_at: z.string().nullable(),
    acknowledged_by: z.string().nullable(),
    silenced_until: z.string().nullable(),
    closed_at: z.string().nullable(),
    closed_by: z.string().nullable().meta({ description: "`cause_ended` or `quiet`." }),
  })
  .meta({
    id: "Alert",
    examples: [
      {
        id: exampleId("alr"),
        type: "alert.job_quarantined",
        about: exampleId("job"),
        state: "open",
        count: 1,
        facts: { step: "masking.sessions" },
        what_to_do: "Read the failed job, mend the cause, then retry it. It is not tried until somebody does.",
        first_at: EXAMPLE_TIME,
        last_at: EXAMPLE_TIME,
        closes_at: EXAMPLE_LATER,
        acknowledged_at: null,
        acknowledged_by: null,
        silenced_until: null,
        closed_at: null,
        closed_by: null,
      },
    ],
  });

export const AlertState = z.enum(["open", "closed", "all"]).default("open");

export const SilenceBody = z
  .strictObject({
    until: Time.nullable().meta({
      description: "Told no more until then, at most thirty days; null ends the silence.",
    }),
  })
  .meta({ id: "SilenceAlert" });
