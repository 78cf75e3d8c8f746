/**
 * The verbs of services and templates. Changing a template's texts makes it a draft again; approving one needs a scope of its own.
 */
import { byCaller, type Actor, type Recorded, type Recorder } from "../../contract/record.ts";
import { isoOf } from "../../base/clock.ts";
import type { Prefix } from "../../base/ids.ts";
import { refuse, type Outcome } from "../../base/refusal.ts";
import { measure } from "../../sms/sms-text.ts";
import { wholeList, type Page } from "../../contract/list.ts";
import { verb, type Who } from "../../contract/verb.ts";
import { choose, type Template } from "./choose.ts";
import { CODE_LENGTH, CODE_SECONDS } from "../code/code.ts";
import type { Context } from "../code/context.ts";
import { judgeText, textOf } from "../code/code-message.ts";
import { judgeCode, settingsOf, type Service, type Wishes } from "./settings.ts";
import { SERVICES_MAX, TEMPLATES_MAX, type SettingsLedger } from "./ledger.ts";
import { parsePattern, variablesOf, type Reader } from "../code/template.ts";
import type { Intent } from "../code/verification.ts";

export type SettingsDeps = {
  settings: SettingsLedger;
  newId: (prefix: Extract<Prefix, "svc" | "tpl">) => string;
  now: () => number;
  tenantName: string;
  record: Recorder;
};

/** Fields of a service to set; those left out stay, or get their default. */
export type ServiceChange = Partial<Omit<Service, "id" | "version" | "createdAt" | "updatedAt">>;

const NEW_SERVICE: Omit<Service, "id" | "name" | "createdAt" | "updatedAt"> = {
  version: 0,
  codeLength: CODE_LENGTH.default,
  codeAlphabet: "numeric",
  ttlSeconds: CODE_SECONDS.default,
  brand: null,
  template: null,
  locales: [],
  limits: [],
  countries: null,
  channels: ["sms"],
  customCode: false,
  doNotShare: true,
};

/** The verbs of services, over their table. */
export function servicesVerbs(deps: SettingsDeps) {
  const { services, templates } = deps.settings;
  const save = (who: Who, before: Service, change: ServiceChange, act: string): Outcome<ServiceView> => {
    const now = deps.now();
    const next: Service = { ...before, ...change, version: before.version + 1, updatedAt: now };
    const wrong = judgeCode(next);
    if (wrong !== null) return wrong;
    const named = services.named(next.name);
    if (named !== null && named.id !== next.id) return refuse("name_taken");
    if (next.template?.startsWith("tpl_") === true && templates.get(next.template) === null)
      return refuse("template_unusable", { detail: "Template not found." });
    services.put(next);
    deps.record(byCaller(who.id), { act, subject: next.id, facts: { fields: Object.keys(change).sort().join(" ") } });
    return { ok: serviceView(next) };
  };
  return {
    "services.create": verb("verify:manage", (who, input: ServiceChange & { name: string }) => {
      if (services.list().length >= SERVICES_MAX)
        return refuse("state_conflict", { detail: "Delete a service first." });
      const now = deps.now();
      const id = deps.newId("svc");
      const service = { ...NEW_SERVICE, id, name: input.name, createdAt: now, updatedAt: now };
      return save(who, service, input, "service.created");
    }),
    "services.list": verb("verify:manage", (): Outcome<Page<ServiceView>> => ({
      ok: wholeList(services.list().map(serviceView)),
    })),
    "services.get": verb("verify:manage", (_who, input: { id: string }): Outcome<ServiceView> => {
      const service = services.get(input.id);
      return service === null ? refuse("not_found") : { ok: serviceView(service) };
    }),
    "services.change": verb("verify:manage", (who, input: { id: string; change: ServiceChange }) => {
      const service = services.get(input.id);
      return service === null ? refuse("not_found") : save(who, service, input.change, "service.changed");
    }),
    /** Verifications that started with it keep their settings. */
    "services.delete": verb("verify:manage", (who, input: { id: string }): Outcome<null> => {
      if (services.get(input.id) === null) return refuse("not_found");
      services.delete(input.id);
      deps.record(byCaller(who.id), { act: "service.deleted", subject: input.id, facts: {} });
      return { ok: null };
    }),
  };
}

export type ServicesVerbs = ReturnType<typeof servicesVerbs>;

function serviceView(service: Service) {
  return {
    id: service.id,
    name: service.name,
    code_length: service.codeLength,
    code_alphabet: service.codeAlphabet,
    ttl_seconds: service.ttlSeconds,
    brand: service.brand,
    template: service.template,
    locales: service.locales,
    limits: service.limits,
    countries: service.countries,
    channels: service.channels,
    custom_code: service.customCode,
    do_not_share: service.doNotShare,
    created_at: isoOf(service.createdAt),
    updated_at: isoOf(service.updatedAt),
    sequence: service.version,
  };
}

export type ServiceView = ReturnType<typeof serviceView>;

export type TemplateChange = { name?: string; texts?: Record<string, string> };

export type PreviewInput = {
  service: string | null;
  intent: Intent;
  wishes: Wishes;
  context: Context | null;
  reader: Reader;
  variables: Record<string, string>;
};

/** The verbs of templates, over their table. */
export function templatesVerbs(deps: SettingsDeps) {
  const { templates } = deps.settings;
  const save = (who: Who, next: Template, act: string, facts: NonNullable<Recorded["facts"]>) =>
    saveTemplate(deps, byCaller(who.id), next, act, facts);
  const decide = (state: "approved" | "refused") => (who: Who, input: Decided) =>
    decideTemplate(deps, byCaller(who.id), state, input);
  return {
    "templates.create": verb("verify:manage", (who, input: { name: string; texts: Record<string, string> }) => {
      if (templates.list().length >= TEMPLATES_MAX)
        return refuse("state_conflict", { detail: "Delete a template first." });
      const now = deps.now();
      const draft = { id: deps.newId("tpl"), state: "draft" as const, reason: null, version: 1 };
      return save(who, { ...draft, ...input, createdAt: now, updatedAt: now }, "template.created", {});
    }),
    "templates.list": verb("verify:manage", (): Outcome<Page<TemplateView>> => ({ ok: listTemplates(deps) })),
    "templates.get": verb("verify:manage", (_who, input: { id: string }): Outcome<TemplateView> => {
      const template = templates.get(input.id);
      return template === null ? refuse("not_found") : { ok: templateView(template) };
    }),
    "templates.change": verb("verify:manage", (who, input: { id: string; change: TemplateChange }) => {
      const template = templates.get(input.id);
      if (template === null) return refuse("not_found");
      const draft = input.change.texts === undefined ? {} : { state: "draft" as const, reason: null };
      const next = { ...template, ...input.change, ...draft, version: template.version + 1, updatedAt: deps.now() };
      return save(who, next, "template.changed", { state: next.state });
    }),
    "templates.delete": verb("verify:manage", (who, input: { id: string }): Outcome<null> => {
      if (templates.get(input.id) === null) return refuse("not_found");
      templates.delete(input.id);
      deps.record(byCaller(who.id), { act: "template.deleted", subject: input.id, facts: {} });
      return { ok: null };
    }),
    "templates.approve": verb("verify:approve", decide("approved")),
    "templates.refuse": verb("verify:approve", decide("refused")),
    "templates.preview": verb("verify:manage", (_who, input: PreviewInput) => preview(deps, input)),
  };
}

function saveTemplate(
  deps: SettingsDeps,
  actor: Actor,
  next: Template,
  act: string,
  facts: NonNullable<Recorded["facts"]>,
): Outcome<TemplateView> {
  const { templates } = deps.settings;
  const named = templates.named(next.name);
  if (named !== null && named.id !== next.id) return refuse("name_taken");
  templates.put(next);
  deps.record(actor, { act, subject: next.id, facts });
  return { ok: templateView(next) };
}

/** `sequence`: the version that was read; null: any. */
export type Decided = { id: string; reason: string | null; sequence: number | null };

/**
 * Approves or refuses a template. Refused if the template was changed since the version that was read. The audit entry names the
 * version. The caller's scope is checked before.
 */
export function decideTemplate(
  deps: SettingsDeps,
  actor: Actor,
  state: "approved" | "refused",
  { id, reason, sequence }: Decided,
): Outcome<TemplateView> {
  const template = deps.settings.templates.get(id);
  if (template === null) return refuse("not_found");
  if (sequence !== null && sequence !== template.version)
    return refuse("state_conflict", { detail: "The template was changed since it was read. Read it again." });
  const next = { ...template, state, reason, version: template.version + 1, updatedAt: deps.now() };
  return saveTemplate(deps, actor, next, `template.${state}`, { sequence: next.version });
}

/** Every template, newest first. */
export function listTemplates({ settings }: Pick<SettingsDeps, "settings">): Page<TemplateView> {
  return wholeList(settings.templates.list().map(templateView));
}

export type TemplatesVerbs = ReturnType<typeof templatesVerbs>;

function templateView(template: Template) {
  return {
    id: template.id,
    name: template.name,
    state: template.state,
    reason: template.reason,
    texts: template.texts,
    variables: [...new Set(Object.values(template.texts).flatMap((text) => variablesOf(parsePattern(text))))],
    created_at: isoOf(template.createdAt),
    updated_at: isoOf(template.updatedAt),
    sequence: template.version,
  };
}

export type TemplateView = ReturnType<typeof templateView>;

export type TemplatePreview = {
  template: string;
  locale: string;
  text: string;
  encoding: "gsm7" | "ucs2";
  segments: number;
};

/** The text as it would be sent, also of a draft, with a placeholder for the code. */
function preview(deps: SettingsDeps, input: PreviewInput): Outcome<TemplatePreview> {
  const service = input.service === null ? null : deps.settings.services.get(input.service);
  if (service === null && input.service !== null) return refuse("service_unknown");
  const settings = settingsOf(input.wishes, service, deps.tenantName);
  if ("refused" in settings) return settings;
  const { template, locale, codeLength, codeAlphabet, brand, doNotShare, ttlSeconds } = settings;
  const { intent, context, variables, reader } = input;
  const asApproved = (id: string): Template | null => {
    const found = deps.settings.templates.get(id);
    return found === null ? null : { ...found, state: "approved" };
  };
  const chosen = choose({ template, intent, locale, context, variables }, asApproved);
  if ("refused" in chosen) return chosen;
  const code = (codeAlphabet === "numeric" ? "0" : "A").repeat(codeLength);
  const sentence = doNotShare ? chosen.sentence : null;
  const text = textOf({ code, template: chosen.text, locale: chosen.locale, brand, sentence, context, variables, reader }, ttlSeconds); // prettier-ignore
  const unfit = judgeText(text, reader);
  if (unfit !== null) return unfit;
  const { encoding, segments } = measure(text);
  return { ok: { template: chosen.name, locale: chosen.locale, text, encoding, segments } };
}
