// Masked sessions: the cost of opening one while few and while many are open, and how many texts per second are
// relayed. People and virtual numbers are drama numbers; the measured people have no sessions before, so that only the
// number of other sessions differs.
import { createHmac, randomUUID } from "node:crypto";
import { quantile, spread, until } from "./runs.mjs";

const NUMBERS = 100; // +447700900900 to 999
const PEOPLE = 800; // who fill the pool: each has every number in at most one session
const MEASURED = 60; // who are measured
const number = (nth) => `+447700900${String(nth).padStart(3, "0")}`;

/** Runs `work` for each of `many`, `atOnce` in parallel; answers the milliseconds of each. */
async function each(many, atOnce, work) {
  const took = [];
  let next = 0;
  const lane = async () => {
    for (let nth = next++; nth < many; nth = next++) {
      const began = performance.now();
      await work(nth);
      took.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return took;
}

async function lent(ours, account) {
  const tenant = await ours.tenant();
  const numbers = Array.from({ length: NUMBERS }, (_, nth) => ({ number: number(900 + nth), account }));
  await ours.admin("POST /admin/v1/numbers", { body: { tenant: tenant.id, numbers }, expect: 201 });
  const { data } = await tenant.call("GET /v1/numbers?limit=500", {});
  const body = { name: "bench", numbers: data.map(({ id }) => id) };
  await tenant.call("POST /v1/pools", { body, expect: 201 });
  const open = (a, b) =>
    tenant.call("POST /v1/sessions", { body: { participants: [{ to: number(a) }, { to: number(b) }] }, expect: 201 });
  return { ...tenant, open };
}

async function sandboxAccount(ours) {
  await ours.tenant(); // the first sandbox tenant makes the account
  const { data } = await ours.admin("GET /admin/v1/carriers", {});
  return data.find(({ kind }) => kind === "sandbox").id;
}

/** Opening a session of two, one at a time, alternately with few and many open already; p50 in milliseconds. */
export async function measureAllocate(ours, { pairs, openSessions, allocations }) {
  const account = await sandboxAccount(ours);
  const tenants = [];
  for (const many of openSessions) {
    const tenant = await lent(ours, account);
    await each(many, 8, (nth) => {
      const first = nth % PEOPLE;
      return tenant.open(first, (first + 1 + Math.floor(nth / PEOPLE)) % PEOPLE);
    });
    tenants.push(tenant);
  }
  const seen = openSessions.map(() => []);
  let offset = 0;
  for (let round = -1; round < pairs; round += 1) {
    for (const [at, tenant] of tenants.entries()) {
      const from = offset;
      const took = await each(allocations, 1, (nth) => {
        const first = (from + nth) % MEASURED;
        return tenant.open(PEOPLE + first, PEOPLE + ((first + 1 + Math.floor((from + nth) / MEASURED)) % MEASURED));
      });
      if (round >= 0) seen[at].push(quantile(took, 0.5));
    }
    offset += allocations;
  }
  return {
    sizes: openSessions.map((open, at) => ({ open, ms: spread(seen[at]) })),
    ratio: spread(seen[0].map((ms, round) => seen.at(-1)[round] / ms)),
  };
}

/** Texts per second through the carriers' endpoint until they are stored, and until the last is with the carrier. */
export async function measureRelay(helpers, ours, { pairs, relays, connections }) {
  const tenant = await lent(ours, ours.account);
  const sessions = [];
  for (let nth = 0; nth < 50; nth += 1) sessions.push(await tenant.open(2 * nth, 2 * nth + 1));
  const url = `${ours.base}/carriers/${ours.account}/inbound`;
  const key = Buffer.from(ours.secret.slice("whsec_".length), "base64");
  const bring = async (nth) => {
    const person = nth % 2;
    const session = sessions[(nth >> 1) % sessions.length];
    const from = number(2 * ((nth >> 1) % sessions.length) + person);
    const text = { id: randomUUID(), from, to: session.participants[person].proxy.number, text: "On my way" };
    const body = JSON.stringify(text);
    const at = Math.floor(Date.now() / 1_000);
    const mac = createHmac("sha256", key).update(`${text.id}.${at}.${body}`).digest("base64");
    const signed = { "webhook-id": text.id, "webhook-timestamp": String(at), "webhook-signature": `v1,${mac}` };
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...signed },
      body,
    });
    if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  const seen = { taken: [], delivered: [] };
  for (let round = -1; round < pairs; round += 1) {
    await helpers.carrier.ask({ ask: "reset" });
    const began = performance.now();
    await each(relays, connections, bring);
    const taken = performance.now();
    const all = await until(async () => (await helpers.carrier.ask({ ask: "counts" })).distinct >= relays);
    if (!all) throw new Error("not every relayed text reached the carrier");
    if (round < 0) continue;
    seen.taken.push((relays * 1_000) / (taken - began));
    seen.delivered.push((relays * 1_000) / (performance.now() - began));
  }
  return { relays, taken: spread(seen.taken), delivered: spread(seen.delivered) };
}
