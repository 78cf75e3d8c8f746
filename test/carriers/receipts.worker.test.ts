// From the operator's account to the tenant's message, through the public API and the real runtime: what the carrier signs
// moves the message it is about, once, and whatever else comes to that address moves nothing.
import { createHmac, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ask, asOperator, newKey, type Tenant } from "../support/tenant/tenants.ts";

type Call = { url: string; headers: Headers; body: Record<string, unknown> };
type Signed = { body: string; headers: Record<string, string> };
/** One carrier, as it is spoken to: its account, its acceptance, where a call says to report, and its reports. */
type Spoken = {
  account: Record<string, string>;
  accepts: (call: Call) => unknown;
  receiptUrl: (call: Call) => string;
  report: (call: Call, url: string) => Promise<Signed>;
};

async function telnyx(): Promise<Spoken> {
  const { publicKey, privateKey } = (await crypto.subtle.generateKey("Ed25519", true, ["sign"])) as CryptoKeyPair;
  const raw = (await crypto.subtle.exportKey("raw", publicKey)) as ArrayBuffer;
  return {
    account: {
      kind: "telnyx",
      public_key: Buffer.from(raw).toString("base64"),
      api_key: `KEY${randomBytes(16).toString("hex")}`,
      sender: "Maskline",
      messaging_profile_id: "4000eba1-a0c0-4563-9925-b25e842a7cb6",
      base_url: "https://192.0.9.1/telnyx",
    },
    accepts: () => ({ data: { id: "40385f64-5717-4562-b3fc-2c963f66afa6" } }),
    receiptUrl: ({ body }) => String(body["webhook_url"]),
    report: async (_call, url) => {
      const body = JSON.stringify({ data: { event_type: "message.finalized", payload: { to: [{ status: "delivered" }], webhook_url: url } } }); // prettier-ignore
      const at = String(Math.floor(Date.now() / 1_000));
      const signature = await crypto.subtle.sign("Ed25519", privateKey, Buffer.from(`${at}|${body}`));
      return { body, headers: { "telnyx-timestamp": at, "telnyx-signature-ed25519": Buffer.from(signature).toString("base64") } }; // prettier-ignore
    },
  };
}

function infobip(): Promise<Spoken> {
  const secret = randomBytes(32).toString("base64");
  const messageOf = ({ body }: Call) => (body["messages"] as { destinations: { messageId: string }[]; webhooks: { delivery: { url: string } } }[])[0]; // prettier-ignore
  const idOf = (call: Call) => messageOf(call)?.destinations[0]?.messageId;
  return Promise.resolve({
    account: { kind: "infobip", api_key: randomBytes(16).toString("hex"), receipt_secret: secret, receipt_auth: "hmac_sha256", receipt_header: "X-Signature", base_url: "https://192.0.9.1/infobip" }, // prettier-ignore
    accepts: (call) => ({ messages: [{ messageId: idOf(call), status: { groupId: 1, id: 26 } }] }),
    receiptUrl: (call) => messageOf(call)?.webhooks.delivery.url ?? "",
    report: (call) => {
      const body = JSON.stringify({ results: [{ messageId: "another", status: { groupId: 5, id: 99 } }, { messageId: idOf(call), status: { groupId: 3, id: 5 } }] }); // prettier-ignore
      return Promise.resolve({ body, headers: { "x-signature": createHmac("sha256", secret).update(body).digest("hex") } }); // prettier-ignore
    },
  });
}

/** An account of the carrier, and a tenant whose messages go by it. */
async function opened(spoken: Spoken): Promise<{ tenant: Tenant; calls: Call[]; account: Record<string, unknown> }> {
  const calls: Call[] = [];
  globalThis.fetch = (url, init) => {
    const call = { url: url as string, headers: new Headers(init?.headers), body: JSON.parse(init?.body as string) as Record<string, unknown> }; // prettier-ignore
    calls.push(call);
    return Promise.resolve(Response.json(spoken.accepts(call)));
  };
  const made = await asOperator("POST /admin/v1/carriers", { name: "out", mode: "test", ...spoken.account });
  expect(made.status, made.text).toBe(201);
  const tenant = await asOperator("POST /admin/v1/tenants", { name: "Receipts", environment: "sandbox" });
  const id = String(tenant.body["id"]);
  await asOperator(`PATCH /admin/v1/tenants/${id}`, { policy: { routes: [made.body["id"]] } });
  return { calls, account: made.body, tenant: { id, ...(await newKey(id, { name: "all", scopes: ["*"] })) } };
}

async function stateOf(tenant: Tenant, id: string, wanted?: string): Promise<unknown> {
  for (let looks = 0; looks < 500; looks += 1) {
    const { state } = (await ask(`GET /v1/messages/${id}`, { key: tenant.key })).body;
    if (wanted === undefined || state === wanted) return state;
    await scheduler.wait(10);
  }
  throw new Error(`never ${wanted}`);
}

describe.each([
  ["telnyx", telnyx],
  ["infobip", infobip],
])("%s", (_kind, speak) => {
  test("is sent one call, and its receipt moves that message once; another message's, an altered and an unsigned one move none", async () => {
    const spoken = await speak();
    const { tenant, calls, account } = await opened(spoken);
    for (const secret of ["api_key", "receipt_secret"]) expect(account).not.toHaveProperty(secret);
    const body = { to: "+447700900170", text: "Hello", purpose: "service" };
    const sent = await Promise.all([1, 2].map(() => ask("POST /v1/messages", { key: tenant.key, body })));
    const ids = sent.map(({ body: { id } }) => String(id));
    for (const id of ids) expect(await stateOf(tenant, id, "sent")).toBe("sent");
    expect(calls).toHaveLength(2);
    const of = (id: string) => calls.find((call) => spoken.receiptUrl(call).includes(id))!;
    const [one, two] = ids.map(of);
    const [path, elsewhere] = [one!, two!].map((call) => new URL(spoken.receiptUrl(call), "https://maskline.test").pathname); // prettier-ignore
    const { body: raw, headers } = await spoken.report(one!, spoken.receiptUrl(one!));
    const post = (to: string, text: string, by: Record<string, string>) =>
      ask(`POST ${to}`, { raw: text, headers: by });
    expect((await post(path!, raw, {})).status).toBe(401);
    expect((await post(path!, `${raw} `, headers)).status).toBe(401);
    const moved = await post(elsewhere!, raw, headers);
    expect(moved.status === 401 || moved.body["applied"] === 0, moved.text).toBe(true);
    expect(await Promise.all(ids.map((id) => stateOf(tenant, id)))).toEqual(["sent", "sent"]);
    const answers = await Promise.all([1, 2, 3].map(() => post(path!, raw, headers)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.reduce((sum, { body: said }) => sum + Number(said["applied"]), 0)).toBe(1);
    expect(await Promise.all(ids.map((id) => stateOf(tenant, id)))).toEqual(["delivered", "sent"]);
  });
});
