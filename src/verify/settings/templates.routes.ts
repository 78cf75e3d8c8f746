/**
 * The routes of templates: a tenant's own texts, parsed when they are written, used after approval.
 */
import { z } from "zod";
import { Label } from "../../contract/label.ts";
import { pageOf } from "../../contract/list.ts";
import { routesOver, type RouteOver } from "../../contract/route.ts";
import { Locale, WordingBody } from "../schemas.ts";
import { SequenceRead, TemplateView, TEXTS } from "./schemas.ts";
import type { TemplateChange, TemplatesVerbs } from "./verbs.ts";
import { judgePattern, TEMPLATE_CHARS_MAX } from "../code/template.ts";
import { wordingOf } from "../wording.ts";

const route = routesOver<TemplatesVerbs>();
const tag = "Verification settings";
const Id = z.strictObject({ id: z.string().max(64) });

const Texts = z
  .record(
    Locale,
    z
      .string()
      .min(1)
      .max(TEMPLATE_CHARS_MAX)
      .superRefine((text, context) => {
        const wrong = judgePattern(text);
        if (wrong !== null) context.addIssue({ code: "custom", message: wrong.detail });
      }),
  )
  .refine((texts) => Object.keys(texts).length > 0 && Object.keys(texts).length <= 20, "Give 1 to 20 languages.")
  .meta({
    description:
      "Texts by locale. Placeholders: {{code}} (once), {{brand}}, {{minutes}}, {{amount}}, {{payee}}, and variables of your own in lower case.",
  });

const PreviewView = z
  .object({
    template: z.string(),
    locale: z.string(),
    text: z.string(),
    encoding: z.enum(["gsm7", "ucs2"]),
    segments: z.int(),
  })
  .meta({
    id: "VerificationText",
    examples: [
      {
        template: "login",
        locale: "en-GB",
        text: "000000 is your Shifts sign-in code. It expires in 10 min. Do not share it.",
        encoding: "gsm7",
        segments: 1,
      },
    ],
  });

export const templatesRoutes: RouteOver<TemplatesVerbs>[] = [
  route({
    method: "post",
    path: "/v1/verify/templates",
    verb: "templates.create",
    scope: "verify:manage",
    summary: "Write a template",
    detail: "It is a draft until it is approved. It must have no phone number, because it is stored in plaintext.",
    tag,
    body: z.strictObject({ name: Label, texts: Texts }).meta({ id: "NewTemplate" }),
    status: 201,
    answer: TemplateView,
    refuses: ["name_taken", "state_conflict"],
    repeat: {},
    example: { name: "Shift", texts: TEXTS },
    input: ({ body }) => ({ ok: body }),
  }),
  route({
    method: "get",
    path: "/v1/verify/templates",
    verb: "templates.list",
    scope: "verify:manage",
    summary: "List templates",
    tag,
    status: 200,
    answer: pageOf(TemplateView),
    input: () => ({ ok: null }),
  }),
  route({
    method: "post",
    path: "/v1/verify/templates/preview",
    verb: "templates.preview",
    scope: "verify:manage",
    summary: "Preview a text, and count its segments",
    detail: "Works with drafts too. The code in it is a placeholder; nothing is sent or stored.",
    tag,
    body: WordingBody,
    status: 200,
    answer: PreviewView,
    refuses: ["template_unusable", "service_unknown", "text_too_long"],
    example: { intent: "login", locale: "en-GB", brand: "Shifts" },
    input: ({ body }) => wordingOf(body),
  }),
  route({
    method: "get",
    path: "/v1/verify/templates/{id}",
    verb: "templates.get",
    scope: "verify:manage",
    summary: "Read a template",
    tag,
    params: Id,
    status: 200,
    answer: TemplateView,
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "patch",
    path: "/v1/verify/templates/{id}",
    verb: "templates.change",
    scope: "verify:manage",
    summary: "Change a template",
    detail: "New texts make it a draft again.",
    tag,
    params: Id,
    body: z.strictObject({ name: Label.optional(), texts: Texts.optional() }).meta({ id: "ChangeTemplate" }),
    status: 200,
    answer: TemplateView,
    refuses: ["name_taken"],
    example: { name: "Shift, short" },
    input: ({ params, body: { name, texts } }) => {
      const change: TemplateChange = {
        ...(name === undefined ? {} : { name }),
        ...(texts === undefined ? {} : { texts }),
      };
      return { ok: { id: params.id, change } };
    },
  }),
  route({
    method: "delete",
    path: "/v1/verify/templates/{id}",
    verb: "templates.delete",
    scope: "verify:manage",
    summary: "Delete a template",
    tag,
    params: Id,
    status: 204,
    answer: null,
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "post",
    path: "/v1/verify/templates/{id}/approve",
    verb: "templates.approve",
    scope: "verify:approve",
    summary: "Approve a template",
    tag,
    params: Id,
    body: z.strictObject({ sequence: SequenceRead.optional() }).meta({ id: "ApproveTemplate" }),
    status: 200,
    answer: TemplateView,
    refuses: ["name_taken", "state_conflict"],
    example: { sequence: 1 },
    input: ({ params, body }) => ({ ok: { id: params.id, reason: null, sequence: body.sequence ?? null } }),
  }),
  route({
    method: "post",
    path: "/v1/verify/templates/{id}/refuse",
    verb: "templates.refuse",
    scope: "verify:approve",
    summary: "Refuse a template, with a reason",
    tag,
    params: Id,
    body: z.strictObject({ reason: Label, sequence: SequenceRead.optional() }).meta({ id: "RefuseTemplate" }),
    status: 200,
    answer: TemplateView,
    refuses: ["name_taken", "state_conflict"],
    example: { reason: "It does not say who sends it.", sequence: 1 },
    input: ({ params, body }) => ({ ok: { id: params.id, reason: body.reason, sequence: body.sequence ?? null } }),
  }),
];
