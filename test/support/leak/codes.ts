/**
 * The part of the leak test that is about verifications: canaries in every field they have, in every state, right and wrong.
 */
import { expect } from "vitest";
import type { Outside } from "../receivers/outside.ts";
import type { Answer } from "../service/recorded.ts";

type Ask = (route: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;

/** What is searched for afterwards, in the spellings a caller would send it in. */
export type Canary = {
  number: string;
  national: string;
  spaced: string;
  word: string;
  code: string;
  note: { reference: string; metadata: Record<string, string> };
};

const id = (answer: Answer): string => String(answer.body["id"]);

/** Verifications: number, words and code in every field they have, in every state. */
export async function leakCodes(
  canary: Canary,
  ask: Ask,
  free: (answer: Answer) => Answer,
  gateway: Outside,
): Promise<void> {
  const { number: NUMBER, national: NATIONAL, spaced: SPACED, word: WORD, code: CODE, note } = canary;
  const settings = { name: "Codes", limits: [{ name: "session", max: 50, seconds: 600 }], custom_code: true };
  const made = await ask("POST /v1/verify/services", settings);
  const texts = { "en-GB": "{{code}} for {{what}}" };
  const template = id(await ask("POST /v1/verify/templates", { name: "Own", texts }));
  await ask(`POST /v1/verify/templates/${template}/approve`);
  const person = { ip: "192.0.2.44", user_agent: `${WORD} ${SPACED}`, device_id: `${NUMBER} ${WORD}` };
  const pay = { intent: "payout", amount: 12_000_000, currency: "GBP", payee: `${WORD} ${NATIONAL}` };
  const common = { custom_code: CODE, service: id(made), limits: { session: `${NUMBER}${WORD}` }, ...note };
  const { reference: _reference, ...rest } = common;
  const body = (over: object) => ({ to: NUMBER, ...rest, end_user: person, ...over });
  const paid = free(await ask("POST /v1/verifications", body(pay), { "idempotency-key": `v${NUMBER}` }));
  expect(paid.status, paid.text).toBe(201);
  free(await ask("POST /v1/verifications", body(pay), { "idempotency-key": `v${NUMBER}` }));
  const own = free(await ask("POST /v1/verifications", body({ template, variables: { what: `${WORD} ${SPACED}` } })));
  expect(own.status, own.text).toBe(201);
  const context = { amount: pay.amount, currency: "GBP", payee: pay.payee };
  for (const guess of [
    { code: NATIONAL },
    { code: CODE, ...context, payee: `${WORD} other` },
    { code: `${CODE}x`, ...context, end_user: person },
    { code: CODE, ...context, end_user: person },
    { code: CODE, ...context },
  ])
    await ask(`POST /v1/verifications/${id(paid)}/check`, guess);
  expect(free(await ask(`GET /v1/verifications/${id(paid)}`)).body["state"]).toBe("approved");
  await ask("POST /v1/verifications/check", { to: SPACED, code: WORD, end_user: { device_id: NUMBER } });
  await ask("POST /v1/verifications/check", { to: NUMBER, code: CODE.toLowerCase(), intent: "payout" });
  const canceled = free(await ask("POST /v1/verifications", body({ intent: "login", end_user: { ip: "192.0.2.9" } })));
  free(await ask(`POST /v1/verifications/${id(canceled)}/resend`));
  free(await ask(`POST /v1/verifications/${id(canceled)}/cancel`));
  const left = free(await ask("POST /v1/verifications", body({ intent: "signup", origin: "https://shifts.example" })));
  expect(left.body["state"], left.text).toBe("pending");
  await gateway.until((calls) => calls.some((call) => call.body.includes(`#${CODE}`)), "the gateway has the code");
  for (const wrong of [
    { to: `${NUMBER}x` },
    { brand: NUMBER },
    { brand: `${WORD}{{code}}` },
    { origin: `https://${WORD}/${NUMBER}` },
    { app_hash: NUMBER },
    { template: NUMBER },
    { service: NUMBER },
    { locale: NUMBER },
    { variables: { [NUMBER]: WORD } },
    { limits: { [NUMBER]: WORD } },
    { end_user: { ip: NUMBER } },
    { custom_code: `${CODE}${CODE}` },
    { [NUMBER]: WORD },
    { payee: WORD },
  ]) {
    const answer = await ask("POST /v1/verifications", body(wrong));
    expect(answer.status, JSON.stringify(wrong)).toBeGreaterThanOrEqual(400);
  }
  for (const text of [`{{code}} ${SPACED}`, `{{code}}\n@${WORD} #{{code}}`, `${WORD} without`])
    await ask("POST /v1/verify/templates", { name: "No", texts: { "en-GB": text } });
  expect((await ask("POST /v1/verify/services", { name: SPACED })).status).toBe(422);
  free(await ask("POST /v1/verify/templates/preview", { template, variables: { what: WORD } }));
  for (const what of ["look", "lift", "block"])
    await ask(`POST /v1/verify/locks/${what}`, { to: NUMBER, reason: "test" });
  await ask("POST /v1/verify/locks/lift", { to: SPACED, reason: "test" });
  for (const by of ["country", "prefix", "carrier", "template", "hour"])
    await ask(`GET /v1/verifications/summary?by=${by}`);
  free(await ask("GET /v1/verifications?limit=100"));
  await ask(`GET /v1/verifications?token=${NATIONAL}`);
}
