/**
 * Templates in answers, of tenants and of operators.
 */
import { z } from "zod";
import { EXAMPLE_TIME, exampleId } from "../../contract/example.ts";

/** Texts of a template, as an example. */
export const TEXTS = { "en-GB": "{{code}} is your {{brand}} code for shift {{shift}}." };

const EXAMPLE = {
  id: exampleId("tpl"),
  name: "Shift",
  state: "approved",
  reason: null,
  texts: TEXTS,
  variables: ["shift"],
  created_at: EXAMPLE_TIME,
  updated_at: EXAMPLE_TIME,
  sequence: 2,
} as const;

/** A template as it is shown to the tenant and to operators. */
export const TemplateView = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(["draft", "approved", "refused"]),
    reason: z.string().nullable(),
    texts: z.record(z.string(), z.string()),
    variables: z.array(z.string()),
    created_at: z.string(),
    updated_at: z.string(),
    sequence: z.int(),
  })
  .meta({ id: "Template", examples: [EXAMPLE] });

/** The `sequence` of the template that the decision is about. */
export const SequenceRead = z.int().min(1).meta({
  description: "The `sequence` that you read: if the template was changed since, nothing is decided (409).",
});
