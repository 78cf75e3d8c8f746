// The second story: two people text each other through virtual numbers, and neither sees the other's own number. Uses
// only a tenant's key; an operator's call gives the sandbox tenant its virtual numbers first.
import { randomUUID } from "node:crypto";
import { eventually, step } from "./story.mjs";

/** Ofcom's drama numbers, which reach nobody. */
const asha = { to: "+447700900201", name: "Asha" };
const ben = { to: "+447700900202", name: "Ben" };
const virtualNumbers = [871, 872, 873, 874, 875, 876].map((end) => `+447700900${end}`);
const poolName = "Quickstart";

/**
 * Makes six virtual numbers and their pool if they are missing; answers the pool's id. Only giving the numbers needs an
 * operator.
 */
export async function seedNumbers(call, admin, tenant) {
  const pools = await call("GET /v1/pools");
  const known = pools.data.find((pool) => pool.name === poolName);
  if (known) return known.id;
  const jurisdiction = tenant.startsWith("ten_u") ? "us" : "eu";
  const carriers = await admin(`GET /admin/v1/carriers?jurisdiction=${jurisdiction}`);
  const account = carriers.data.find((each) => each.kind === "sandbox");
  const numbers = virtualNumbers.map((number) => ({ number, account: account.id }));
  await admin("POST /admin/v1/numbers", { body: { tenant, numbers }, expect: 201 });
  const { data } = await call("GET /v1/numbers");
  const ids = data.filter((each) => virtualNumbers.includes(each.number)).map(({ id }) => id);
  // No cool-off, so that the story can be played at every start; a sandbox has no real people to confuse.
  const body = { name: poolName, numbers: ids, cool_off_days: 0, cool_off_others_days: 0, low_water: 0 };
  const pool = await call("POST /v1/pools", { headers: { "idempotency-key": randomUUID() }, body, expect: 201 });
  return pool.id;
}

/** Plays the story and answers the session, which stays open for further trials. */
export async function playMaskedStory(call, pool_id, print = console.log) {
  await step("close the conversation of the last start", () => closeFormer(call));
  const session = await step("open a masked session", () => open(call, pool_id));
  const [ashas, bens] = session.participants.map(({ proxy }) => proxy.number);
  print(`  1. A masked session is open: ${session.id}`);
  print(`     Asha has ${ashas} for Ben; Ben has ${bens} for Asha`);

  const first = `Are you near? (${session.id.slice(-4)})`;
  await step("text as Asha", () => text(call, asha, ashas, first));
  const atBen = await step("see it at Ben's", () => arrived(call, ben, first));
  print(`  2. Asha texts ${ashas}; Ben reads "${atBen.text}" from ${atBen.from}`);

  const second = `Two minutes away. (${session.id.slice(-4)})`;
  await step("text as Ben", () => text(call, ben, bens, second));
  const atAsha = await step("see it at Asha's", () => arrived(call, asha, second));
  print(`  3. Ben texts ${bens}; Asha reads "${atAsha.text}" from ${atAsha.from}`);

  const { data } = await step("read the interactions", () => call(`GET /v1/sessions/${session.id}/interactions`));
  const told = JSON.stringify([session.participants.map(({ to }) => to), data]);
  await step("find neither number nor text in what the business sees", () => {
    for (const secret of [asha.to, ben.to, first, second])
      if (told.includes(secret)) throw new Error("a number or a text is in the answer");
  });
  print(`  4. The business sees ${data.length} interactions, with tokens and masks: no number, no text`);
  return { session_id: session.id, person: asha.to, proxy: ashas };
}

/** Closes a session that an earlier start left open, because its people are needed. */
async function closeFormer(call) {
  const { data } = await call("GET /v1/sessions?state=open&limit=100");
  const former = data.filter(({ participants }) => participants.map(({ name }) => name).join() === "Asha,Ben");
  for (const { id } of former) await call(`POST /v1/sessions/${id}/close`);
}

function open(call, pool_id) {
  return call("POST /v1/sessions", {
    headers: { "idempotency-key": randomUUID() },
    body: { participants: [asha, ben], pool_id, ttl_seconds: 86_400 },
    expect: 201,
  });
}

async function text(call, person, to, words) {
  const body = { number: person.to, to, text: words };
  const { state } = await call("POST /v1/sandbox/handset/messages", { body, expect: 202 });
  if (state !== "relayed") throw new Error(`the text was ${state}, not relayed`);
}

function arrived(call, person, words) {
  return eventually(`${person.name}'s handset shows the text`, async () => {
    const { data } = await call("GET /v1/sandbox/handset/messages");
    return data.find((each) => each.direction === "received" && each.number === person.to && each.text === words);
  });
}
