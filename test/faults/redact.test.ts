/** A carrier whose account says `redact` is asked to forget text and number of a message that is over, and no other is. */
import { expect, test } from "vitest";
import { World } from "../support/carriers/world.ts";
import type { Client } from "../support/service/client.ts";
import { sharedService } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { eventually } from "../support/run/signal.ts";

let service: Client;
let world: World;
setUp(async (use) => {
  world = await use(World.start());
  service = await use(sharedService());
});

const receipts = [{ state: "delivered", after_ms: 2 }];

test.each(["twilio", "vonage"])("%s forgets a delivered message, keeps one that is only sent, and is not asked by an account that does not say so", async (kind) => {
  const open = async (name: string, redact: boolean, planned: object[]) => {
    const account = world.account(kind, { name, script: { calls: [{ does: "accept", receipts: planned }] } });
    const { id } = await service.admin<{ id: string }>("POST /admin/v1/carriers", { ...account.body, redact });
    return service.tenant(name, [id]);
  };
  const forgetting = await open(`${kind}-forgets`, true, receipts);
  const waiting = await open(`${kind}-waits`, true, []);
  const keeping = await open(`${kind}-keeps`, false, receipts);
  for (const tenant of [waiting, keeping, forgetting]) await tenant.sent({ text: "Forget me" });
  await world.until("it is forgotten", 20_000, () => world.callsOf(`${kind}-forgets`).some(({ redacted }) => redacted));
  expect(world.callsOf(`${kind}-forgets`)).toMatchObject([{ text: null, to: null }]);
  await eventually("the others are with their carrier", 10_000, async () => {
    const states = await Promise.all([waiting, keeping].map(async (tenant) => (await tenant.messages())[0]?.state));
    return states.join() === "sent,delivered" ? true : null;
  });
  const others = [...world.callsOf(`${kind}-waits`), ...world.callsOf(`${kind}-keeps`)];
  expect(others.map(({ text, redacted }) => [text, redacted])).toEqual([["Forget me", false], ["Forget me", false]]); // prettier-ignore
  const [message] = await forgetting.messages();
  expect(message).toMatchObject({ state: "delivered" });
}); // prettier-ignore
