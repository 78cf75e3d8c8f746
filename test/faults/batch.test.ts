/**
 * What the largest batches cost the other calls of their tenant, against the built Worker: its object runs one
 * transaction at a time, so a batch delays every call that arrives while it is admitted.
 */
import { expect, test } from "vitest";
import { numberFor } from "../support/service/client.ts";
import { Service } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { leastOf, patience } from "../support/run/patience.ts";

const MESSAGES = 1_000;
/** No request holds a tenant longer than a second on a quiet machine; this one has other tests beside it. */
const HELD_MS_MAX = patience(1_000);
/** The text of the longest message that the default policy admits: six segments of 153 characters. */
const CHARACTERS = 918;

let service: Service;

setUp(async (use) => {
  service = await use(Service.start());
});

type Fields = { text: string; reference?: string; metadata?: Record<string, string> };
const filled = (words: string, characters: number): string => words.repeat(characters).slice(0, characters);
const described = (words: string): Fields => ({
  text: filled(words, CHARACTERS),
  reference: filled(words, 200),
  metadata: Object.fromEntries(Array.from({ length: 8 }, (_, nth) => [`field_${nth}`, filled(words, 250)])),
});

/** What a text may hold that costs most to search for numbers. */
const KINDS: Record<string, Fields> = {
  "of short texts": { text: "Your shift is confirmed." },
  "of letters": described("shift "),
  "of digits with spaces": described("1 2 3 4 5 6 7 8 9 "),
  "of digits": described("0770"),
  "of signs": described("0#1=(2)/"),
};

test.each(Object.keys(KINDS))(
  "a batch of a thousand %s keeps no other call of its tenant waiting for a second",
  async (kind) => {
    const fields = KINDS[kind] ?? { text: "" };
    let round = 0;
    const held = await leastOf(async () => {
      round += 1;
      const tenant = await service.tenant(`Batch ${kind} ${round}`);
      const messages = Array.from({ length: MESSAGES }, (_, nth) => ({
        to: numberFor(nth),
        purpose: "service",
        ...fields,
      }));
      let answered = false;
      const batch = tenant
        .call("POST /v1/messages/batch", { body: { messages }, headers: { "idempotency-key": `batch-${round}` } })
        .finally(() => (answered = true));
      let worst = 0;
      let calls = 0;
      while (!answered) {
        const began = performance.now();
        const { status } = await tenant.call("GET /v1/keys");
        expect(status).toBe(200);
        worst = Math.max(worst, performance.now() - began);
        calls += 1;
      }
      const answer = await batch;
      expect(answer.status).toBe(202);
      const { data } = JSON.parse(answer.text) as { data: { message?: unknown }[] };
      expect(data.filter(({ message }) => message !== undefined)).toHaveLength(MESSAGES);
      console.log(`${kind}: ${calls} other calls, the longest took ${Math.round(worst)} ms`);
      return worst;
    }, HELD_MS_MAX);
    expect(held).toBeLessThan(HELD_MS_MAX);
  },
);
