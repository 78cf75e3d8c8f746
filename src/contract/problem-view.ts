/**
 * The shape of every error (RFC 9457), for the document and for problems inside an answer. `http/problem.ts` fills it.
 */
import { z } from "zod";

export const ProblemView = z
  .object({
    type: z.string().meta({ description: "Where the code is explained: a page of this service.", format: "uri" }),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: "Stable: programs decide by this." }),
    detail: z.string().meta({ description: "What would be right, in one or two sentences." }),
    errors: z
      .array(z.object({ field: z.string(), code: z.string(), detail: z.string() }))
      .optional()
      .meta({ description: "Every wrong field, as a path such as `messages/3/to`." }),
    budget: z
      .object({
        id: z.string(),
        name: z.string(),
        reason: z.string().meta({ description: "`spent`, `other_currency` or `no_price`." }),
        left: z.int().meta({ description: "Micro-units that this text could have used." }),
        currency: z.string(),
        opens_at: z.string().nullable().meta({ description: "Null where waiting does not help." }),
      })
      .optional()
      .meta({ description: "Of `budget_exceeded`: which budget stands against it." }),
    request_id: z.string().optional(),
  })
  .meta({
    id: "Problem",
    description: "An error: which code, what would be right, and never what was sent.",
    examples: [
      {
        type: "https://sms.example.com/errors/invalid_number",
        title: "This is not a valid phone number",
        status: 422,
        code: "invalid_number",
        detail: "Write it in E.164, such as +447700900123.",
        errors: [{ field: "to", code: "invalid_number", detail: "Write it in E.164." }],
        request_id: "req_01k9mw3v5t8qz2r4x6y7",
      },
    ],
  });
