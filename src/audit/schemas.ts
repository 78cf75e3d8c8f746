/**
 * How an audit entry looks in answers, of tenants and of operators.
 */
import { z } from "zod";
import { EXAMPLE_TIME, EXAMPLE_TOKEN, exampleId } from "../contract/example.ts";

export const AuditEntryView = z
  .object({
    id: z.string(),
    seq: z.int(),
    at: z.string(),
    actor: z.object({
      type: z.string(),
      id: z.string(),
      role: z.string().optional().meta({ description: "The role in which a person acted." }),
      page: z
        .string()
        .nullable()
        .optional()
        .meta({ description: "The page of the console from which a person acted." }),
    }),
    act: z.string(),
    subject: z.object({ type: z.string(), id: z.string() }).nullable(),
    reason: z.string().optional(),
    facts: z.record(z.string(), z.unknown()).optional(),
    prev: z.string(),
    hash: z.string(),
  })
  .meta({
    id: "AuditEntry",
    examples: [
      {
        id: exampleId("aud"),
        seq: 41,
        at: EXAMPLE_TIME,
        actor: { type: "key", id: exampleId("key") },
        act: "token.revealed",
        subject: { type: "token", id: EXAMPLE_TOKEN },
        reason: "support",
        prev: "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9",
        hash: "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
      },
    ],
  });
