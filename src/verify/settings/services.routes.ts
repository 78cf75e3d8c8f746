/**
 * The routes of services: named settings that starts refer to.
 */
import { z } from "zod";
import { EXAMPLE_TIME, exampleId } from "../../contract/example.ts";
import { Label } from "../../contract/label.ts";
import { pageOf } from "../../contract/list.ts";
import { routesOver, type RouteOver } from "../../contract/route.ts";
import { Brand, CodeAlphabet, CodeLength, LimitName, Locale, TemplateName, TtlSeconds } from "../schemas.ts";
import type { ServiceChange, ServicesVerbs } from "./verbs.ts";
import { CHANNELS } from "../code/verification.ts";

const route = routesOver<ServicesVerbs>();
const tag = "Verification settings";
const Id = z.strictObject({ id: z.string().max(64) });

const Bucket = z.strictObject({
  name: LimitName,
  max: z.int().min(1).max(1_000_000),
  seconds: z.int().min(1).max(86_400),
});

const settings = {
  code_length: CodeLength.optional(),
  code_alphabet: CodeAlphabet.optional(),
  ttl_seconds: TtlSeconds.optional(),
  brand: Brand.nullable().optional(),
  template: TemplateName.nullable().optional(),
  locales: z.array(Locale).max(50).optional(),
  limits: z.array(Bucket).max(10).optional(),
  countries: z
    .array(z.string().regex(/^[A-Z]{2}$/))
    .max(250)
    .nullable()
    .optional(),
  channels: z.array(z.enum(CHANNELS)).min(1).max(CHANNELS.length).optional(),
  custom_code: z.boolean().optional(),
  do_not_share: z.boolean().optional(),
};

const NewService = z.strictObject({ name: Label, ...settings }).meta({ id: "NewService" });
const ServiceChangeBody = z.strictObject({ name: Label.optional(), ...settings }).meta({ id: "ChangeService" });

const EXAMPLE = {
  id: exampleId("svc"),
  name: "Sign-in",
  code_length: 6,
  code_alphabet: "numeric",
  ttl_seconds: 300,
  brand: "Shifts",
  template: null,
  locales: ["en-GB", "cy"],
  limits: [{ name: "session", max: 5, seconds: 3_600 }],
  countries: ["GB"],
  channels: ["sms"],
  custom_code: false,
  do_not_share: true,
  created_at: EXAMPLE_TIME,
  updated_at: EXAMPLE_TIME,
  sequence: 1,
} as const;

const ServiceView = z
  .object({
    id: z.string(),
    name: z.string(),
    code_length: z.int(),
    code_alphabet: CodeAlphabet,
    ttl_seconds: z.int(),
    brand: z.string().nullable(),
    template: z.string().nullable(),
    locales: z.array(z.string()),
    limits: z.array(z.object({ name: z.string(), max: z.int(), seconds: z.int() })),
    countries: z.array(z.string()).nullable(),
    channels: z.array(z.enum(CHANNELS)),
    custom_code: z.boolean(),
    do_not_share: z.boolean(),
    created_at: z.string(),
    updated_at: z.string(),
    sequence: z.int(),
  })
  .meta({ id: "Service", examples: [EXAMPLE] });

/** The fields of the body as the room names them. */
function changeOf(body: z.infer<typeof ServiceChangeBody>): ServiceChange {
  const fields = {
    name: body.name,
    codeLength: body.code_length,
    codeAlphabet: body.code_alphabet,
    ttlSeconds: body.ttl_seconds,
    brand: body.brand,
    template: body.template,
    locales: body.locales,
    limits: body.limits,
    countries: body.countries,
    channels: body.channels,
    customCode: body.custom_code,
    doNotShare: body.do_not_share,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

const CHANGES = ["name_taken", "template_unusable"] as const;

export const servicesRoutes: RouteOver<ServicesVerbs>[] = [
  route({
    method: "post",
    path: "/v1/verify/services",
    verb: "services.create",
    scope: "verify:manage",
    summary: "Create a service",
    detail: "Named settings that a start refers to. No setting lets a code live longer than ten minutes.",
    tag,
    body: NewService,
    status: 201,
    answer: ServiceView,
    refuses: [...CHANGES, "state_conflict"],
    repeat: {},
    example: {
      name: "Sign-in",
      ttl_seconds: 300,
      brand: "Shifts",
      limits: [{ name: "session", max: 5, seconds: 3_600 }],
    },
    input: ({ body }) => ({ ok: { ...changeOf(body), name: body.name } }),
  }),
  route({
    method: "get",
    path: "/v1/verify/services",
    verb: "services.list",
    scope: "verify:manage",
    summary: "List services",
    tag,
    status: 200,
    answer: pageOf(ServiceView),
    input: () => ({ ok: null }),
  }),
  route({
    method: "get",
    path: "/v1/verify/services/{id}",
    verb: "services.get",
    scope: "verify:manage",
    summary: "Read a service",
    tag,
    params: Id,
    status: 200,
    answer: ServiceView,
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "patch",
    path: "/v1/verify/services/{id}",
    verb: "services.change",
    scope: "verify:manage",
    summary: "Change a service",
    detail: "Fields left out stay. Verifications that have started keep their settings.",
    tag,
    params: Id,
    body: ServiceChangeBody,
    status: 200,
    answer: ServiceView,
    refuses: CHANGES,
    example: { ttl_seconds: 120 },
    input: ({ params, body }) => ({ ok: { id: params.id, change: changeOf(body) } }),
  }),
  route({
    method: "delete",
    path: "/v1/verify/services/{id}",
    verb: "services.delete",
    scope: "verify:manage",
    summary: "Delete a service",
    tag,
    params: Id,
    status: 204,
    answer: null,
    input: ({ params }) => ({ ok: params }),
  }),
];
