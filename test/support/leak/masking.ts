/**
 * The part of the leak test that is about masked numbers: two people talk through every way there is, and neither's number is
 * anywhere the other could see it. Texts come in through the carriers' door, signed.
 */
import { expect } from "vitest";
import type { Outside } from "../receivers/outside.ts";
import { signed, type Answer, type Service } from "../service/recorded.ts";

type Ask = (route: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
export type Masked = {
  service: Service;
  ask: Ask;
  tenant: string;
  account: { id: string; secret: string };
  /** The canary and somebody else: two people's own numbers. */
  number: string;
  other: string;
  /** The canary's words; `free` marks an answer that may hold them. */
  text: string;
  word: string;
  free: (answer: Answer) => Answer;
  /** Marks the answer that shows what people wrote, which the tenant asked to keep: there the number that one wrote of herself. */
  kept: (answer: Answer) => void;
  gateway: Outside;
  hook: Outside;
};

const VIRTUAL = ["+447700900970", "+447700900971", "+447700900972", "+447700900973"];
const id = (answer: Answer): string => String(answer.body["id"]);
type Shown = { id: string; proxy: { number: string } };
const people = (answer: Answer): Shown[] => answer.body["participants"] as Shown[];

/** A session with a hook, a rotation, STOP, the tombstone, a group, a relay address, a stranger, and every list of them. */
export async function leakMasking(masked: Masked): Promise<void> {
  const { ask, free, number: ALICE, other: BOB, word: WORD } = masked;
  await lent(masked);
  await ask("PUT /v1/masking/intercept", { url: masked.hook.url, on_failure: "closed" });
  const body = { participants: [{ to: ALICE, name: WORD }, { to: BOB }], keep_text_days: 1 };
  const session = free(await ask("POST /v1/sessions", body, { "idempotency-key": `s${ALICE}` }));
  expect(session.status, session.text).toBe(201);
  free(await ask("POST /v1/sessions", body, { "idempotency-key": `s${ALICE}` }));
  const [alices, bobs] = people(session).map(({ proxy }) => proxy.number) as [string, string];
  await relayed(masked, { from: ALICE, to: alices, text: `${masked.text} on ${ALICE}` }, BOB);
  await relayed(masked, { from: BOB, to: bobs, text: `${WORD} back` }, ALICE);
  await ask("DELETE /v1/masking/intercept");
  await parts(masked, alices);
  const spoken = { text: `${WORD} from us` };
  free(await ask(`POST /v1/sessions/${id(session)}/messages`, spoken));
  const rotated = free(await ask(`POST /v1/sessions/${id(session)}/rotate`, {}));
  expect(rotated.status, rotated.text).toBe(200);
  const [fresh] = people(rotated).map(({ proxy }) => proxy.number) as [string];
  await relayed(masked, { from: ALICE, to: fresh, text: `${WORD} over another number` }, BOB);
  for (const text of ["STOP", "HELP", "START"]) await bring(masked, { from: ALICE, to: fresh, text });
  free(await ask(`GET /v1/sessions/${id(session)}`));
  masked.kept(await ask(`GET /v1/sessions/${id(session)}/interactions`));
  free(await ask("GET /v1/sessions?limit=100"));
  free(await ask(`POST /v1/sessions/${id(session)}/close`));
  await bring(masked, { from: ALICE, to: fresh, text: `${WORD} too late` });
  await strangers(masked);
  await mistaken(masked, id(session));
}

/** Virtual numbers at the gateway, in a pool. */
async function lent({ service, ask, tenant, account }: Masked): Promise<void> {
  const numbers = VIRTUAL.map((number) => ({ number, account: account.id }));
  expect((await service.admin("POST /admin/v1/numbers", { tenant, numbers })).status).toBe(201);
  const mine = (await ask("GET /v1/numbers")).body["data"] as { id: string }[];
  expect((await ask("POST /v1/pools", { name: "All", numbers: mine.map((one) => one.id) })).status).toBe(201);
}

let serial = 0;

async function bring({ service, account }: Masked, text: object, over: Record<string, string> = {}): Promise<Answer> {
  const raw = JSON.stringify({ id: `in-${(serial += 1)}`, ...text });
  return service.call(`POST /carriers/${account.id}/inbound`, { raw, headers: { ...signed(account.secret, raw), ...over } }); // prettier-ignore
}

/** Brings a text, twice, and waits until its other side has it. */
async function relayed(masked: Masked, text: { from: string; to: string; text: string }, to: string): Promise<void> {
  const once = { id: `once-${(serial += 1)}`, ...text };
  for (let times = 0; times < 2; times += 1) expect((await bring(masked, once)).status).toBe(200);
  await masked.gateway.until((calls) => calls.some(({ body }) => body.includes(`"to":"${to}"`) && body.includes(JSON.stringify(text.text).slice(1, -1))), `the relay to ${to}`); // prettier-ignore
}

async function parts(masked: Masked, to: string): Promise<void> {
  for (const nth of [2, 1]) await bring(masked, { from: masked.number, to, text: `${masked.word} part ${nth} `, part: { ref: masked.number, nth, of: 2 } }); // prettier-ignore
}

/** A group, a lasting number and a stranger's first text to it, and texts that belong to nothing. */
async function strangers(masked: Masked): Promise<void> {
  const { ask, free, number: ALICE, other: BOB, word: WORD } = masked;
  const relay = free(await ask("POST /v1/relays", { to: ALICE }));
  if (relay.status === 201) await bring(masked, { from: BOB, to: relay.body["number"], text: `${WORD} who is this` });
  await ask(`POST /v1/relays/${id(relay)}/block`, { to: BOB });
  await bring(masked, { from: ALICE, to: VIRTUAL[0], text: `${WORD} to nobody` });
  await bring(masked, { from: ALICE, to: "+447700900999", text: WORD });
  await bring(masked, { from: `${WORD}`.slice(0, 11), to: VIRTUAL[0], text: masked.text });
  const inbox = await ask("GET /v1/inbound?limit=100");
  for (const { id: one } of inbox.body["data"] as { id: string }[]) free(await ask(`GET /v1/inbound/${one}`));
  for (const path of ["/v1/relays", "/v1/consents", "/v1/numbers", "/v1/pools", "/v1/masking"]) await ask(`GET ${path}`); // prettier-ignore
}

/** The number and the words where they do not belong. */
async function mistaken(masked: Masked, session: string): Promise<void> {
  const { ask, service, account, number: NUMBER, word: WORD } = masked;
  for (const over of [{ id: NUMBER }, { from: [NUMBER] }, { [NUMBER]: WORD }, { to: NUMBER }, { part: { ref: NUMBER, nth: 0, of: 1 } }]) await bring(masked, { from: NUMBER, to: VIRTUAL[1], text: WORD, ...over }); // prettier-ignore
  for (const raw of [NUMBER, `{"from":"${NUMBER}"`, `[${NUMBER}]`]) {
    await service.call(`POST /carriers/${account.id}/inbound`, { raw });
    await service.call(`POST /carriers/${account.id}/inbound`, { raw, headers: signed(account.secret, raw) });
  }
  await bring(masked, { from: NUMBER, to: VIRTUAL[1], text: WORD }, { "webhook-signature": NUMBER });
  for (const wrong of [{ participants: [{ to: NUMBER }] }, { participants: [{ to: NUMBER, name: NUMBER }, { to: NUMBER }] }, { participants: [{ to: NUMBER, area: NUMBER }, { to: `${NUMBER}x` }] }, { pool_id: NUMBER }, { [NUMBER]: 1 }]) expect((await ask("POST /v1/sessions", wrong)).status).toBeGreaterThanOrEqual(400); // prettier-ignore
  for (const path of [`/v1/sessions/${NUMBER}`, `/v1/sessions?token=${NUMBER.slice(1)}`, `/v1/numbers/${NUMBER}`]) await ask(`GET ${path}`); // prettier-ignore
  await ask(`POST /v1/sessions/${session}/participants`, { to: NUMBER, name: WORD });
  await ask(`PUT /v1/masking/intercept`, { url: `${masked.hook.url}/${NUMBER}`, on_failure: "open" });
}
