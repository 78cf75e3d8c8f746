/**
 * The recipe for Supabase Auth's hook: requests as Supabase Auth signs and sends them (its source: internal/hooks), signed by the
 * `standardwebhooks` package, answered by the recipe, which calls the built Worker.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Maskline } from "../../examples/maskline.ts";
import { smsHook } from "../../examples/supabase-sms-hook.ts";
import { numberFor } from "../support/service/client.ts";
import { Stage } from "../support/service/recipes.ts";

const newSecret = () => `v1,whsec_${randomBytes(32).toString("base64")}`;
const secret = newSecret();

let stage: Stage;
let maskline: Maskline;
let handle: (request: Request) => Promise<Response>;
let nth = 200;

beforeAll(async () => {
  stage = await Stage.start("Supabase");
  maskline = await stage.caller("verify:start", "verify:custom_code");
  handle = smsHook({ maskline, secret, expirySeconds: 60 });
});
beforeEach(() => (nth += 1));
afterAll(() => stage.stop());

type Signing = { secrets?: string[]; at?: Date; id?: string };

/** A request as Supabase sends it: one signature for each of its secrets, with a comma and a space between them. */
function signed(body: unknown, { secrets = [secret], at = new Date(), id = randomUUID() }: Signing = {}): Request {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const signatures = secrets.map((one) => new Webhook(one.replace("v1,", "")).sign(id, at, text));
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": signatures.join(", "),
  };
  return new Request("https://hooks.example/sms", { method: "POST", headers, body: text });
}

const phoneOf = (number: string): string => number.slice(1); // Supabase keeps numbers without their plus
const hook = (number: string, otp: string) => ({
  metadata: { uuid: randomUUID(), name: "send-sms" },
  user: { id: randomUUID(), phone: phoneOf(number) },
  sms: { otp, phone: phoneOf(number) },
});
const read = async (response: Response) => ({ status: response.status, body: await response.json() });
const OK = { status: 200, body: {} };
const started = async (): Promise<number> => (await stage.verifications()).length;

it("sends the code that Supabase drew, to the number it names, for as long as Supabase takes it", async () => {
  expect(await read(await handle(signed(hook(numberFor(nth), "402937"))))).toEqual(OK);
  const [newest] = await stage.verifications();
  expect(await stage.textOf(String(newest?.["id"]))).toMatch(/^402937 is your .* It expires in 1 min\./);
  expect(newest).toMatchObject({
    factor_strength: "restricted_custom",
    to: { mask: `+44•••••••${numberFor(nth).slice(-2)}` },
  });
  expect(JSON.stringify(newest)).not.toContain("402937");
});

it("a second login within the first one's minute gets its own code", async () => {
  for (const otp of ["111222", "333444"]) {
    expect(await read(await handle(signed(hook(numberFor(nth), otp))))).toEqual(OK);
    expect(await stage.newestCode()).toBe(otp);
  }
});

it("takes a request signed with several secrets, as while one is exchanged", async () => {
  for (const secrets of [
    [newSecret(), secret],
    [secret, newSecret()],
  ])
    expect((await handle(signed(hook(numberFor(nth), "402937"), { secrets }))).status).toBe(200);
});

it("sends nothing for a forged, altered, unsigned or old request", async () => {
  const before = await started();
  const body = hook(numberFor(nth), "402937");
  const honest = signed(body);
  const altered = new Request(honest.url, {
    method: "POST",
    headers: honest.headers,
    body: JSON.stringify({ ...body, sms: { ...body.sms, phone: phoneOf(numberFor(nth + 1)) } }),
  });
  const requests = [
    signed(body, { secrets: [newSecret()] }),
    altered,
    new Request(honest.url, { method: "POST", body: JSON.stringify(body) }),
    signed(body, { at: new Date(Date.now() - 6 * 60_000) }),
    signed(body, { at: new Date(Date.now() + 6 * 60_000) }),
  ];
  for (const request of requests) expect((await handle(request)).status).toBe(401);
  expect(await started()).toBe(before);
});

it("a request that comes again sends nothing again: replayed as it was, or tried anew under another id", async () => {
  const body = hook(numberFor(nth), "402937");
  const first = signed(body);
  const replay = first.clone();
  for (const request of [first, replay, signed(body)]) expect(await read(await handle(request))).toEqual(OK);
  const old = { user: body.user, sms: { otp: "555666" } }; // an older version: no uuid, the id alone
  const id = randomUUID();
  for (let again = 0; again < 2; again += 1) expect(await read(await handle(signed(old, { id })))).toEqual(OK);
  const mine = (await stage.verifications()).slice(0, 2);
  expect(mine.map(({ sends }) => (sends as unknown[]).length)).toEqual([1, 1]);
  expect(await stage.textOf(String(mine[0]?.["id"]))).toContain("555666");
  expect(await stage.textOf(String(mine[1]?.["id"]))).toContain("402937");
});

it("does not guess which number is meant while one is being changed", async () => {
  const before = await started();
  const user = { phone: phoneOf(numberFor(nth)), new_phone: phoneOf(numberFor(nth + 50)) };
  const older = await read(await handle(signed({ user, sms: { otp: "402937" } })));
  expect(older.body).toMatchObject({ error: { http_code: 400 } });
  expect(await started()).toBe(before);
  const newer = { user, sms: { otp: "402937", phone: user.new_phone } };
  expect(await read(await handle(signed(newer)))).toEqual(OK);
  expect((await stage.verifications())[0]).toMatchObject({ to: { mask: `+44•••••••${user.new_phone.slice(-2)}` } });
});

it("tells Supabase what cannot be sent, and repeats neither number nor code", async () => {
  const number = numberFor(nth);
  const bad = hook(number, "402937");
  for (const [body, http_code] of [
    [{ ...bad, sms: { phone: bad.sms.phone } }, 400],
    [{ ...bad, sms: { otp: "402937", phone: "12" } }, 422],
    [{ ...bad, sms: { otp: "123", phone: bad.sms.phone } }, 422],
  ] as const) {
    const { status, body: said } = await read(await handle(signed(body)));
    expect([status, said]).toMatchObject([200, { error: { http_code } }]);
    expect(JSON.stringify(said)).not.toMatch(/402937|447700/);
  }
  for (let send = 0; send < 5; send += 1)
    expect(await read(await handle(signed(hook(number, `40293${send}`))))).toEqual(OK);
  expect((await read(await handle(signed(hook(number, "402939"))))).body).toMatchObject({ error: { http_code: 429 } });
});

it("asks Supabase to try again when Maskline does not answer, and says so when its own key may not", async () => {
  const nobody = smsHook({ maskline: { ...maskline, url: "http://127.0.0.1:1" }, secret, expirySeconds: 60 });
  const away = await nobody(signed(hook(numberFor(nth), "402937")));
  expect([away.status, away.headers.get("retry-after")]).toEqual([503, "true"]);
  const weak = smsHook({ maskline: await stage.caller("verify:start"), secret, expirySeconds: 60 });
  const refused = await read(await weak(signed(hook(numberFor(nth), "402937"))));
  expect(refused.body).toMatchObject({ error: { http_code: 500 } });
});
