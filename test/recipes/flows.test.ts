/**
 * The recipes of docs/recipes as they stand there, run against the built Worker: what a person may and may not do with them.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { approve, askApproval, stop, type Task } from "../../examples/approval.ts";
import { finishLogin, startLogin } from "../../examples/login.ts";
import { call, Refused, type Maskline } from "../../examples/maskline.ts";
import { askPayout, releasePayout, wasApproved, type Payout } from "../../examples/payout.ts";
import { finishSignup, startSignup, type Pending } from "../../examples/signup.ts";
import { numberFor } from "../support/service/client.ts";
import { ask } from "../support/service/codes.ts";
import { another, Stage } from "../support/service/recipes.ts";

let stage: Stage;
let maskline: Maskline;
beforeAll(async () => {
  stage = await Stage.start("Recipes");
  maskline = await stage.caller("verify:start", "verify:check");
});
afterAll(() => stage.stop());

const HERE = { device_id: "a telephone" };
const tokenOf = async (nth: number): Promise<string> =>
  String((await ask(stage.tenant, "POST /v1/tokens", { number: numberFor(nth) })).body["token"]);

describe("login", () => {
  it("lets in the person of the start with the right code, once, and not with a wrong one", async () => {
    const pending = await startLogin(maskline, { id: "ann", token: await tokenOf(1) }, HERE);
    const code = await stage.newestCode();
    expect(await stage.textOf(pending.verification)).toContain("sign-in code");
    expect(await finishLogin(maskline, pending, another(code), HERE)).toBeNull();
    expect(await finishLogin(maskline, pending, code, HERE)).toBe("ann");
    expect(await finishLogin(maskline, pending, code, HERE)).toBeNull();
  });

  it("lets nobody in with the right code after five wrong ones, nor after ten minutes", async () => {
    const guessed = await startLogin(maskline, { id: "ann", token: await tokenOf(2) }, HERE);
    const code = await stage.newestCode();
    for (let nth = 0; nth < 5; nth += 1) expect(await finishLogin(maskline, guessed, another(code), HERE)).toBeNull();
    expect(await finishLogin(maskline, guessed, code, HERE)).toBeNull();
    const late = await startLogin(maskline, { id: "ann", token: await tokenOf(3) }, HERE);
    const second = await stage.newestCode();
    await stage.tenant.advance(601);
    expect(await finishLogin(maskline, late, second, HERE)).toBeNull();
    expect(await stage.read(late.verification)).toMatchObject({ state: "expired" });
  });
});

describe("signup", () => {
  it("answers the token of a number that was shown to be theirs, and a second press of the button sends nothing", async () => {
    const pending = (await startSignup(maskline, numberFor(10), HERE, "press-1")) as Pending;
    await stage.tenant.advance(31); // a new press would send again now
    expect(await startSignup(maskline, numberFor(10), HERE, "press-1")).toEqual(pending);
    const code = await stage.newestCode();
    expect((await stage.read(pending.verification))["sends"]).toHaveLength(1);
    expect(await finishSignup(maskline, pending, another(code), HERE)).toBeNull();
    const token = await finishSignup(maskline, pending, code, HERE);
    expect(token).toMatch(/^tok_/);
    expect(JSON.stringify(pending)).not.toContain(numberFor(10).slice(1));
    const login = await startLogin(maskline, { id: "new", token: String(token) }, HERE);
    expect(await finishLogin(maskline, login, await stage.newestCode(), HERE)).toBe("new");
  });

  it("says why a number cannot be used, and says it after the caps of sends too", async () => {
    expect(await startSignup(maskline, "no number", HERE, "press-2")).toMatchObject({ sorry: /not a phone number/ });
    for (let nth = 0; nth < 5; nth += 1)
      await startSignup(maskline, numberFor(11), { device_id: `a stranger, the ${nth}th` }, `press-3-${nth}`);
    expect(await startSignup(maskline, numberFor(11), HERE, "press-4")).toMatchObject({ sorry: /Too many codes/ });
    const weak = await stage.caller("verify:check");
    await expect(startSignup(weak, numberFor(12), HERE, "press-5")).rejects.toThrow(Refused); // our mistake is not the person's
  });
});

describe("approval", () => {
  const task = (id: string, title: string): Task => ({ id, title, state: "waiting", verification: null });
  const approver = async (nth: number) => {
    const texts = { "en-GB": "{{code}} approves: {{task}}." };
    const { body } = await ask(stage.tenant, "POST /v1/verify/templates", { name: `Approval ${nth}`, texts });
    await ask(stage.tenant, `POST /v1/verify/templates/${body["id"]}/approve`);
    return { token: await tokenOf(nth), template: String(body["id"]) };
  };

  it("approves the task that the text named, and not another one with the same code", async () => {
    const [who, archive, invoices] = [await approver(20), task("1", "delete the archive"), task("2", "open the gate")];
    await askApproval(maskline, archive, who, HERE);
    const code = await stage.newestCode();
    await askApproval(maskline, invoices, who, HERE);
    expect(invoices.verification).not.toBe(archive.verification);
    const second = await stage.newestCode();
    expect(await stage.textOf(String(invoices.verification))).toContain("approves: open the gate");
    expect(await approve(maskline, archive, code, HERE)).toBe("ask again"); // superseded
    expect(await approve(maskline, invoices, another(second), HERE)).toBe("type again");
    expect(await approve(maskline, invoices, second, HERE)).toBe("approved");
    expect([archive.state, invoices.state]).toEqual(["waiting", "approved"]);
    expect(await approve(maskline, invoices, second, HERE)).toBe("ask again");
  });

  it("approves nothing that was stopped", async () => {
    const withdrawn = task("3", "send the letters");
    await askApproval(maskline, withdrawn, await approver(21), HERE);
    const code = await stage.newestCode();
    await stop(maskline, withdrawn);
    expect(await approve(maskline, { ...withdrawn, state: "waiting" }, code, HERE)).toBe("ask again");
    expect(await stage.read(String(withdrawn.verification))).toMatchObject({ state: "canceled", reason: "by_caller" });
  });
});

describe("payout", () => {
  const payout = (): Payout => ({
    id: "p",
    amount: 25_000_000,
    currency: "GBP",
    payee: "Anna Müller",
    state: "waiting",
    verification: null,
  });

  it("is released by the code of the text that shows amount and payee, and only once", async () => {
    const mine = payout();
    await askPayout(maskline, mine, await tokenOf(30), HERE);
    const code = await stage.newestCode();
    expect(await stage.textOf(String(mine.verification))).toContain("to pay £25.00 to Anna Müller");
    expect(await releasePayout(maskline, mine, another(code), HERE)).toBe(false);
    expect(mine.state).toBe("waiting");
    expect(await releasePayout(maskline, mine, code, HERE)).toBe(true);
    expect([mine.state, await releasePayout(maskline, mine, code, HERE)]).toEqual(["released", false]);
  });

  it.each(["amount", "payee", "currency"] as const)(
    "is stopped, not released, when its %s changed after the text",
    async (what) => {
      const mine = payout();
      await askPayout(maskline, mine, await tokenOf(31), HERE);
      const code = await stage.newestCode();
      const other = {
        ...mine,
        ...{ amount: { amount: 2_500_000_000 }, payee: { payee: "Mallory" }, currency: { currency: "EUR" } }[what],
      };
      expect(await releasePayout(maskline, other, code, HERE)).toBe(false);
      expect(other.state).toBe("stopped");
      expect(await releasePayout(maskline, mine, code, HERE)).toBe(false); // its code is over too
    },
  );

  it("can be settled after an answer was lost: the verification says that the code had been right", async () => {
    const mine = payout();
    await askPayout(maskline, mine, await tokenOf(32), HERE);
    const code = await stage.newestCode();
    const reader = await stage.caller("verify:read");
    expect(await wasApproved(reader, mine)).toBe(false);
    const { amount, currency, payee } = mine;
    const lost = { code, amount, currency, payee, end_user: HERE };
    await call(maskline, `POST /v1/verifications/${mine.verification}/check`, lost); // and its answer never came
    expect(await releasePayout(maskline, mine, code, HERE)).toBe(false);
    expect(await wasApproved(reader, mine)).toBe(true);
  });
});
