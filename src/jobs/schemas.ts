/**
 * A failed job in answers, of tenants and of operators.
 */
import { z } from "zod";
import { EXAMPLE_TIME, exampleId } from "../contract/example.ts";

export const FailedJobView = z
  .object({
    id: z.string(),
    step: z.string().meta({ description: "The step of background work, such as `messages.sweep`." }),
    resource: z
      .string()
      .nullable()
      .meta({ description: "What the work is about; null when the step could not find its rows." }),
    state: z.enum(["retrying", "quarantined"]),
    failures: z.int(),
    error: z.string().meta({ description: "The class of the error and where it was thrown; never its message." }),
    first_failed_at: z.string(),
    last_failed_at: z.string(),
    retry_at: z.string().nullable(),
  })
  .meta({
    id: "FailedJob",
    examples: [
      {
        id: exampleId("job"),
        step: "masking.sessions",
        resource: exampleId("ses"),
        state: "quarantined",
        failures: 5,
        error: "TypeError in rotateSession < run",
        first_failed_at: EXAMPLE_TIME,
        last_failed_at: EXAMPLE_TIME,
        retry_at: null,
      },
    ],
  });
