/**
 * The operators' doors of carrier accounts.
 */
import { z } from "zod";
import { EXAMPLE_TIME, exampleId } from "./base/example.ts";
import { parseId, type Jurisdiction } from "./base/ids.ts";
import { Label, UrlText } from "./base/label.ts";
import { judgeUrl, type UrlPolicy } from "./base/outside-url.ts";
import { isRefused, refuse, type Outcome, type Refusal } from "./base/refusal.ts";
import { fromBase64 } from "./base/seal.ts";
import { weaknessOf } from "./base/weak-key.ts";
import { door, IdParam, JURISDICTION, type OperatorRoute } from "./operator-route.ts";

const AccountView = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.string(),
    mode: z.enum(["test", "live"]),
    url: z.string().nullable(),
    status_url: z.string().nullable(),
    per_second: z.number().nullable(),
    price: z.object({ amount: z.int(), currency: z.string() }).nullable(),
    created_at: z.string(),
  })
  .meta({
    id: "CarrierAccount",
    examples: [
      {
        id: exampleId("car"),
        name: "Our gateway",
        kind: "http",
        mode: "live",
        url: "https://gateway.example.com/sms",
        status_url: "https://gateway.example.com/status",
        per_second: 30,
        price: { amount: 38_000, currency: "GBP" },
        created_at: EXAMPLE_TIME,
      },
    ],
  });

const SECRET_FORM = "whsec_ and 24 to 64 random bytes in base64.";
const Secret = z.string().regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, SECRET_FORM);

/** A secret that is printed somewhere lets anybody write receipts; the one of our own example is. */
function weakSecret(secret: string | undefined): Refusal | null {
  if (secret === undefined) return null;
  const key = fromBase64(secret.slice("whsec_".length));
  const weakness = key === null ? "not base64" : weaknessOf(key, 24);
  if (weakness === null) return null;
  const detail = `The secret is ${weakness}. Use ${SECRET_FORM}`;
  return refuse("invalid_field", { errors: [{ field: "secret", code: "invalid_field", detail }] });
}

/** The URLs of an account as they will be called; each is judged by itself, and what is not given stays out. */
function judgeUrls(
  body: { url?: string | undefined; status_url?: string | null | undefined },
  policy: UrlPolicy,
): Outcome<{ url?: string; statusUrl?: string | null }> {
  const fields = { url: body.url, statusUrl: body.status_url };
  const judged: Record<string, string | null> = {};
  for (const [name, url] of Object.entries(fields)) {
    if (url === undefined) continue;
    const found = url === null ? null : judgeUrl(url, policy);
    if (found !== null && "refused" in found) return found;
    judged[name] = found === null ? null : found.url.href;
  }
  return { ok: judged };
}

function ofAccount(id: string, input: object): Outcome<{ where: Jurisdiction; input: unknown }> {
  const owner = parseId(id);
  return owner === null || owner.prefix !== "car"
    ? refuse("not_found")
    : { ok: { where: owner.jurisdiction, input: { id, ...input } } };
}

export const carrierRoutes: OperatorRoute[] = [
  door({
    method: "post",
    path: "/admin/v1/carriers",
    verb: "carriers.create",
    summary: "Create a carrier account",
    body: z
      .strictObject({
        name: Label,
        jurisdiction: JURISDICTION.default("eu"),
        kind: z.literal("http"),
        mode: z.enum(["test", "live"]),
        url: UrlText,
        status_url: UrlText.nullable().default(null),
        secret: Secret,
        per_second: z.number().positive().max(100_000).nullable().default(null),
        price: z
          .strictObject({ amount: z.int().min(0), currency: z.string().regex(/^[A-Z]{3}$/) })
          .nullable()
          .default(null),
      })
      .meta({ id: "NewCarrierAccount" }),
    status: 201,
    answer: AccountView,
    refuses: ["url_refused"],
    example: {
      name: "Our gateway",
      kind: "http",
      mode: "live",
      url: "https://gateway.example.com/sms",
      secret: "whsec_c2VjcmV0LWZvci10aGUtZXhhbXBsZS1vbmx5",
      per_second: 30,
    },
    ask: ({ body }, policy) => {
      const urls = judgeUrls(body, policy);
      if (isRefused(urls)) return urls;
      const weak = weakSecret(body.secret);
      if (weak !== null) return weak;
      const { kind, mode, price } = body;
      const { url = null, statusUrl = null } = urls.ok;
      const config = { kind, mode, url, statusUrl, perSecond: body.per_second, price };
      return { ok: { where: body.jurisdiction, input: { name: body.name, config, secret: body.secret } } };
    },
  }),
  door({
    method: "get",
    path: "/admin/v1/carriers",
    verb: "carriers.list",
    summary: "List carrier accounts",
    query: z.strictObject({ jurisdiction: JURISDICTION.default("eu") }),
    status: 200,
    answer: z.object({ data: z.array(AccountView) }),
    ask: ({ query }) => ({ ok: { where: query.jurisdiction, input: null } }),
  }),
  door({
    method: "patch",
    path: "/admin/v1/carriers/{id}",
    verb: "carriers.change",
    summary: "Change a carrier account",
    params: IdParam,
    body: z
      .strictObject({
        name: Label,
        url: UrlText,
        status_url: UrlText.nullable(),
        secret: Secret,
        per_second: z.number().positive().max(100_000).nullable(),
      })
      .partial()
      .meta({ id: "ChangeCarrierAccount" }),
    status: 200,
    answer: AccountView,
    refuses: ["url_refused"],
    example: { per_second: 50 },
    ask: ({ params, body }, policy) => {
      const urls = judgeUrls(body, policy);
      if (isRefused(urls)) return urls;
      const weak = weakSecret(body.secret);
      if (weak !== null) return weak;
      return ofAccount(params.id, {
        ...(body.name === undefined ? {} : { name: body.name }),
        ...urls.ok,
        ...(body.secret === undefined ? {} : { secret: body.secret }),
        ...(body.per_second === undefined ? {} : { perSecond: body.per_second }),
      });
    },
  }),
];
