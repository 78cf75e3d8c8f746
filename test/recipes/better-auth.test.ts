/**
 * The recipe for better-auth with the real package on SQLite, and the built Worker: people get in by Maskline's codes alone, and
 * better-auth's database holds none.
 */
import { DatabaseSync } from "node:sqlite";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { masklinePhoneNumber, withoutCodes } from "../../examples/better-auth.ts";
import { numberFor } from "../support/service/client.ts";
import { another, Stage } from "../support/service/recipes.ts";

const BASE = "http://localhost:3000";

let stage: Stage;
let database: DatabaseSync;
let answer: (request: Request) => Promise<Response>;
let nth = 100;

beforeAll(async () => {
  stage = await Stage.start("better-auth");
  const maskline = await stage.caller("verify:start", "verify:check");
  database = new DatabaseSync(":memory:");
  const auth = betterAuth({
    baseURL: BASE,
    secret: crypto.randomUUID() + crypto.randomUUID(),
    database,
    emailAndPassword: { enabled: true },
    databaseHooks: withoutCodes,
    logger: { disabled: true },
    plugins: [
      masklinePhoneNumber(maskline, {
        signUpOnVerification: { getTempEmail: () => `${crypto.randomUUID()}@phone.example`, getTempName: () => "New" },
      }),
    ],
  });
  await (await getMigrations(auth.options)).runMigrations();
  answer = (request) => auth.handler(request);
});
beforeEach(() => (nth += 1));
afterAll(() => stage.stop());

type Answer = {
  status: number;
  cookies: string[];
  body: { code?: string; token?: string; user?: { phoneNumber?: string } };
};

/** A browser: it keeps cookies. */
class Browser {
  readonly #cookies = new Map<string, string>();

  /** Changes what its cookie of the device says, as no honest browser does. */
  tamper(): void {
    const value = this.#cookies.get("maskline_device") ?? "";
    this.#cookies.set("maskline_device", (value.startsWith("0") ? "1" : "0") + value.slice(1));
  }

  async post(path: string, body: unknown): Promise<Answer> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { "content-type": "application/json", origin: BASE, cookie };
    const response = await answer(new Request(`${BASE}/api/auth${path}`, { method: "POST", headers, body: JSON.stringify(body) })); // prettier-ignore
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.#cookies.set(name, value);
    }
    const cookies = response.headers.getSetCookie().map((line) => line.replace(/=[^;]+/, ""));
    return { status: response.status, cookies, body: (await response.json()) as Answer["body"] };
  }

  readonly send = (phoneNumber: string) => this.post("/phone-number/send-otp", { phoneNumber });
  readonly verify = (phoneNumber: string, code: string) => this.post("/phone-number/verify", { phoneNumber, code });
}

/** Every row of every table that better-auth has. */
function everything(): string {
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[];
  return tables.map(({ name }) => JSON.stringify(database.prepare(`SELECT * FROM "${name}"`).all())).join("\n");
}
const rows = (table: string): number => Number(database.prepare(`SELECT count(*) AS n FROM "${table}"`).get()?.["n"]);

it("signs up by the code of the text, and better-auth keeps no code, neither Maskline's nor one of its own", async () => {
  const [browser, to] = [new Browser(), numberFor(nth)];
  expect((await browser.send(to)).status).toBe(200);
  const code = await stage.newestCode();
  expect(rows("verification")).toBe(0);
  expect(everything()).not.toContain(code);
  const signedIn = await browser.verify(to, code);
  expect([signedIn.status, signedIn.body.user?.phoneNumber]).toEqual([200, to]);
  expect(signedIn.body.token).toBeTypeOf("string");
  expect(everything()).not.toContain(code);
  expect(everything().split(to.slice(1))).toHaveLength(2); // once: the column that people are found by
});

it("lets nobody in with a wrong code, with a code a second time, or after ten minutes", async () => {
  const [browser, to] = [new Browser(), numberFor(nth)];
  await browser.send(to);
  const code = await stage.newestCode();
  const wrong = await browser.verify(to, another(code));
  expect([wrong.status, wrong.body.code]).toEqual([400, "INVALID_OTP"]);
  expect((await browser.verify(to, code)).status).toBe(200);
  expect(await browser.verify(to, code)).toEqual(wrong);
  await browser.send(to);
  const second = await stage.newestCode();
  await stage.tenant.advance(601);
  expect(await browser.verify(to, second)).toEqual(wrong);
});

it("counts guesses in Maskline: after five wrong codes the right one is refused", async () => {
  const [browser, to] = [new Browser(), numberFor(nth)];
  await browser.send(to);
  const code = await stage.newestCode();
  for (let guess = 0; guess < 5; guess += 1) expect((await browser.verify(to, another(code))).status).toBe(400);
  expect((await browser.verify(to, code)).status).toBe(400);
  expect((await stage.verifications())[0]).toMatchObject({ state: "failed", reason: "too_many_attempts" });
});

it("another browser cannot use the code, and its guesses cost the person nothing", async () => {
  const [person, stranger, to] = [new Browser(), new Browser(), numberFor(nth)];
  await person.send(to);
  const code = await stage.newestCode();
  for (let guess = 0; guess < 6; guess += 1) expect((await stranger.verify(to, another(code))).status).toBe(400);
  expect((await stranger.verify(to, code)).status).toBe(400);
  expect((await stage.verifications())[0]).toMatchObject({ state: "pending", attempts_left: 5 });
  person.tamper();
  expect((await person.verify(to, code)).status).toBe(400); // a device that nobody signed is a new one
  expect((await stage.verifications())[0]).toMatchObject({ state: "pending", attempts_left: 5 });
});

it("a number in another spelling makes no second account", async () => {
  const [browser, to] = [new Browser(), numberFor(nth)];
  const spaced = `${to.slice(0, 3)} ${to.slice(3)}`;
  expect((await browser.send(spaced)).status).toBe(400);
  await browser.send(to);
  const before = rows("user");
  expect((await browser.verify(spaced, await stage.newestCode())).status).toBe(400);
  expect(rows("user")).toBe(before);
});

it("a code for a login resets no password, and the other way round", async () => {
  const [browser, to] = [new Browser(), numberFor(nth)];
  await browser.send(to);
  await browser.verify(to, await stage.newestCode());
  await browser.send(to);
  const login = await stage.newestCode();
  const reset = (otp: string) =>
    browser.post("/phone-number/reset-password", { phoneNumber: to, otp, newPassword: "a new and long password" });
  expect((await reset(login)).status).toBe(400);
  await browser.post("/phone-number/request-password-reset", { phoneNumber: to });
  const other = await stage.newestCode();
  expect(rows("verification")).toBe(0);
  expect((await browser.verify(to, other)).status).toBe(400);
  expect((await reset(other)).status).toBe(200);
  const signedIn = await browser.post("/sign-in/phone-number", {
    phoneNumber: to,
    password: "a new and long password",
  });
  expect(signedIn.status).toBe(200);
});

it("says when too many codes were asked for, and does not say whether a number is known", async () => {
  const [person, to] = [new Browser(), numberFor(nth)];
  await person.send(to);
  expect((await person.verify(to, await stage.newestCode())).status).toBe(200);
  const reset = (phoneNumber: string) => new Browser().post("/phone-number/request-password-reset", { phoneNumber });
  const unknown = await reset(numberFor(nth + 500));
  expect(await reset(to)).toEqual(unknown);
  for (let send = 2; send < 5; send += 1) expect((await new Browser().send(to)).status).toBe(200);
  expect((await new Browser().send(to)).status).toBe(429);
  const before = (await stage.verifications()).length;
  expect(await reset(to)).toEqual(unknown);
  expect((await stage.verifications()).length).toBe(before);
});
