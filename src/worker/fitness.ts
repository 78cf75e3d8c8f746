/**
 * The environment, parsed, and whether a deployment with it may serve at all.
 */
import { z } from "zod";
import type { DoorKeys } from "../access/api-key.ts";
import type { OperatorSignIn } from "../access/people/operators.ts";
import { OperatorSignInBody } from "../access/people/schemas.ts";
import { readJson } from "../contract/json.ts";
import { fromBase64 } from "../base/seal.ts";
import { weaknessOf } from "../base/weak-key.ts";
import { Keyring } from "../vault/keyring.ts";

const Flag = z.enum(["on", "off"]);

const Settings = z.object({
  ENVIRONMENT: z.enum(["local", "production"]),
  DO_JURISDICTIONS: Flag,
  PUBLIC_URL: z.union([z.literal(""), z.url()]),
  AUDIT_ORIGIN: z.union([z.literal(""), z.string().regex(/^[a-z0-9][a-z0-9.-]{0,99}$/)]),
  ACCESS_TEAM: z.union([z.literal(""), z.url({ protocol: /^https$/ })]),
  ACCESS_AUDIENCE: z.string().max(200),
  SENDERS_PER_ACCOUNT: z.coerce.number().int().min(1).max(64),
  EGRESS_ALLOWLIST: z.string().max(10_000),
  FAULTS: z.string().max(200).optional(),
  BENCH: Flag.optional(),
  KEYRING: z.string().min(1),
  DOOR_KEY: z.string().min(1),
  AUDIT_KEY: z.string().min(1).optional(),
  OPERATOR_SIGN_IN: z.string().max(20_000).optional(),
  ADMIN_TOKEN: z.string().min(32).optional(),
});
export type Settings = z.infer<typeof Settings>;

let parsed: { env: Env; settings: Settings } | null = null;

/** The environment, parsed once per isolate. Throws the names of the variables that are wrong, never their values. */
export function settingsOf(env: Env): Settings {
  if (parsed !== null && parsed.env === env) return parsed.settings;
  const result = Settings.safeParse(env);
  if (!result.success)
    throw new TypeError(`environment: ${result.error.issues.map((issue) => issue.path.join(".")).join(", ")}`);
  parsed = { env, settings: result.data };
  return result.data;
}

let judged: { env: Env; unfit: string | null } | null = null;

/**
 * Why this deployment must not serve, or null. Decided once per isolate, because the environment does not change within
 * one.
 */
export function unfit(env: Env): string | null {
  if (judged === null || judged.env !== env) judged = { env, unfit: judge(env) };
  return judged.unfit;
}

/** The origin of this service for readers: the configured one, or else that of the request. */
export function siteOf(env: Env, url: string): string {
  const configured = unfit(env) === null ? settingsOf(env).PUBLIC_URL : "";
  return configured === "" ? new URL(url).origin : configured.replace(/\/$/, "");
}

function judge(env: Env): string | null {
  try {
    const settings = settingsOf(env);
    Keyring.parse(settings.KEYRING);
    doorKeysOf(settings);
    operatorSignInOf(settings);
    const weakness = auditKeyWeakness(settings);
    if (weakness !== null) return weakness;
    if (settings.DOOR_KEY.split(",").some((key) => settings.KEYRING.includes(key.trim())))
      return "DOOR_KEY is also in KEYRING";
    if (settings.ENVIRONMENT === "local") return null;
    if (settings.DO_JURISDICTIONS !== "on") return "DO_JURISDICTIONS is off";
    if (settings.PUBLIC_URL === "") return "PUBLIC_URL is empty";
    if (settings.AUDIT_ORIGIN === "") return "AUDIT_ORIGIN is empty";
    if (settings.ADMIN_TOKEN !== undefined) return "ADMIN_TOKEN is for local development only";
    if (settings.ACCESS_TEAM === "" || settings.ACCESS_AUDIENCE === "")
      return "ACCESS_TEAM or ACCESS_AUDIENCE is empty";
    if (settings.FAULTS !== undefined) return "FAULTS is for tests only";
    if (settings.BENCH !== undefined) return "BENCH is for measuring only";
    return null;
  } catch (error) {
    return error instanceof TypeError ? error.message : "environment";
  }
}

/** How operators sign in, where the deployment says it; null where it is set by the API. Throws what is wrong, never a value. */
export function operatorSignInOf({ OPERATOR_SIGN_IN: text }: Settings): OperatorSignIn | null {
  if (text === undefined) return null;
  const json = readJson(Buffer.from(text));
  const read = OperatorSignInBody.safeParse("value" in json ? json.value : null);
  if (!read.success)
    throw new TypeError(`OPERATOR_SIGN_IN: ${read.error.issues.map(({ path }) => path.join("/")).join(", ")}`);
  const { client_id: clientId, client_secret: clientSecret = null, ...rest } = read.data;
  return { ...rest, clientId, clientSecret };
}

/** The keys of API keys and callback URLs, newest first. Throws when one is weak or not base64. */
export function doorKeysOf(settings: Settings): DoorKeys {
  return settings.DOOR_KEY.split(",").map((text) => {
    const key = fromBase64(text.trim());
    const weakness = key === null ? "not base64" : weaknessOf(key, 32);
    if (key === null || weakness !== null) throw new TypeError(`DOOR_KEY: ${weakness}`);
    return key;
  });
}

/** An Ed25519 key of PKCS#8 ends with its 32 bytes (RFC 8410). */
function auditKeyWeakness(settings: Settings): string | null {
  if (settings.AUDIT_KEY === undefined) return null;
  const der = fromBase64(settings.AUDIT_KEY);
  if (der === null || der.length !== 48) return "AUDIT_KEY: not an Ed25519 key";
  const weakness = weaknessOf(der.subarray(16), 32);
  return weakness === null ? null : `AUDIT_KEY: ${weakness}`;
}
