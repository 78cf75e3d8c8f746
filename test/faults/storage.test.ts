/**
 * T9: a fifth of all writes fail for a while, in every object.
 */
import { expect, test } from "vitest";
import { CarrierDouble } from "../support/carriers/carrier-double.ts";
import { numberFor } from "../support/service/client.ts";
import { Service } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { History } from "../support/judge/history.ts";
import { judge } from "../support/judge/judge.ts";
import { sized } from "../support/run/seed.ts";
import { eventually } from "../support/run/signal.ts";
import { WebhookSink } from "../support/receivers/webhook-sink.ts";

const FAULTY_MS = sized(8_000, 30_000);
const SETTLED_MS = 60_000;
const ENDED = ["sent", "delivered", "undelivered", "failed", "expired", "unknown"];

let service: Service;
let carrier: CarrierDouble;

setUp(async (use) => {
  carrier = await use(CarrierDouble.start());
  service = await use(Service.start());
});

test("T9: while writes fail no 2xx is false, nothing is sent twice, and afterwards everything recovers", async () => {
  const account = carrier.account("faulty", () => ({
    does: "accept",
    afterMs: 10,
    receipts: [{ state: "delivered", afterMs: 200 }],
  }));
  const tenant = await service.tenant("Faulty", [await service.carrier(account)]);
  const sink = await WebhookSink.start(tenant);
  const history = new History();
  await service.kill();
  await service.resume({ FAULTS: "0.2" });

  const until = Date.now() + FAULTY_MS;
  const caller = async () => {
    while (Date.now() < until) {
      const nth = history.wishes.length;
      const wish = history.wish({ to: numberFor(nth), text: `Faulty ${nth}` });
      for (let tries = 0; tries < 30 && Date.now() < until; tries += 1) if (await history.ask(tenant, wish)) break;
    }
  };
  await Promise.all(Array.from({ length: 8 }, caller));
  const answers = history.wishes.flatMap((wish) => wish.answers.map(({ status }) => status));
  const failed = answers.filter((status) => status === 503).length;
  expect(failed).toBeGreaterThan(answers.length * 0.2); // the error rate is there to be seen
  expect(new Set(answers)).toEqual(new Set([202, 503]));

  await service.kill();
  await service.resume();
  const began = Date.now();
  for (const wish of history.wishes) if (wish.id === null) expect(await history.ask(tenant, wish)).toBe(true);
  let waiting: string[] = [];
  const messages = await eventually(
    "everything has recovered",
    SETTLED_MS,
    async () => {
      const { owed } = carrier; // before the list: a receipt that comes while it is read is in a later one
      const all = await tenant.messages();
      waiting = all.filter(({ state }) => !ENDED.includes(state)).map(({ id, state }) => `${id} ${state}`);
      return waiting.length === 0 && owed === 0 ? all : null;
    },
    1_000,
    () => `${waiting.length} wait, such as ${waiting[0]}`,
  );
  const evidence = history.evidence({ calls: carrier.calls, messages, events: await tenant.events() });
  const { wrong, figures } = judge(evidence, { connections: 0 }); // no kill explains anything
  console.log(JSON.stringify({ ...figures, answers: answers.length, failed, settledMs: Date.now() - began }));
  // a claim whose settlement kept failing is in doubt without a kill: the carrier's receipt resolves it
  expect(wrong.filter((one) => !one.includes("without a cause"))).toEqual([]);
  expect(messages).toHaveLength(history.wishes.length);
  expect(sink.forged).toEqual([]);
  await sink.stop();
});

test("a write that fails inside an object is told there, by verb and function, and what failed says nothing more", async () => {
  const account = carrier.account("told", () => ({ does: "accept" }));
  const tenant = await service.tenant("Told", [await service.carrier(account)]);
  await service.kill();
  await service.resume({ FAULTS: "1" });
  const before = service.log().length;
  await expect(service.admin("POST /admin/v1/tenants", { name: "Never", environment: "sandbox" })).rejects.toThrow("503");
  const refused = await tenant.send({ text: "Never" });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(JSON.parse(refused.text)).toMatchObject({ code: "storage_unavailable" });
  const told = await eventually("both are told", 10_000, () => {
    const lines = service.log().slice(before).split("\n").filter((line) => line.includes('"code":"verb_failed"'));
    const found = new Map(lines.map((line) => JSON.parse(line) as { verb: string; what: string }).map((line) => [line.verb, line.what]));
    return Promise.resolve(found.has("messages.send") ? found : null);
  });
  expect([...told.keys()].toSorted()).toEqual(["create", "messages.send", "tenants.create"]);
  for (const verb of ["create", "messages.send"]) expect(told.get(verb)).toMatch(/^Error in \w.* </); // where it was thrown
  expect(told.get("tenants.create")).toMatch(/^Error in tenants\.create < logWhenThrown( <|$)/); // it came from the tenant's object
  expect(service.log()).not.toContain("planted storage fault");
  await service.kill();
  await service.resume();
  expect((await tenant.send({ text: "Again" })).status).toBe(202);
}); // prettier-ignore
