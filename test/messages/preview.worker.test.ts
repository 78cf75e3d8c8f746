// Preview is send: whatever a request holds, preview says the same as sending it would do, by the same code and with the same count.
import fc from "fast-check";
import { beforeEach, expect, test, vi } from "vitest";
import { env } from "cloudflare:workers";
import { patience } from "../support/run/patience.ts";
import { newTenant, operator, type Json } from "../support/tenant/tenant.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

const seed = Number((env as unknown as { SEED: string }).SEED);

/** Pieces of texts that encodings, counts and checks disagree about where they are made twice. */
const PIECES = [
  "a",
  "hello ",
  "é",
  "e\u0301",
  "w\u0302",
  "ŵ",
  "\t",
  "\n",
  "\r\n",
  "\u00a0",
  "\u200b",
  "\u2060",
  "\u00ad",
  "\ufeff",
  "“",
  "’",
  "—",
  "…",
  "€",
  "[",
  "\f",
  "\u0000",
  "\u001b",
  "\u0085",
  "🙂",
  "👩‍👩‍👧",
  "\ud83d",
  "漢",
  "`",
  "\u2028",
  "\u3164",
  "\u2800",
  "\u0301",
  "\u1100\u1161",
  "\u212b",
  "\u2126",
  "07700 900123",
  "x".repeat(150),
  "é".repeat(70),
  "ŵ".repeat(66),
  "€".repeat(75),
  "e\u0301".repeat(160),
  "y".repeat(1_400),
];
const piece = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom("hello ", "é", "e\u0301", "“x”", "\u00a0") },
  fc.constantFrom(...PIECES),
);
const text = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(""));
/** Mostly what is taken, since a request with one fault shows more than one with three. */
const mostly = (good: readonly string[], bad: readonly string[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...good) }, fc.constantFrom(...bad));
const LATER = new Date(Date.now() + 3_600_000).toISOString();
const TO = ["+447700900123", "07700 900456", "\u202d+447700900789\u202c", "٠٧٧٠٠٩٠٠١٢٣", "07700/900123"];
const request = fc.record(
  {
    to: mostly(TO, ["+441632960123", "+447700", "x", "+33639980001", "tok_x"]),
    text,
    purpose: fc.constantFrom("service", "marketing", "otp"),
    smart_encoding: fc.constantFrom(true, true, false),
    from: mostly(["Shifts", "Shifts UK"], ["Shi\u200bfts", "X", "12345", "+447700900123", "Unknown"]),
    schedule_at: mostly([LATER, LATER.toLowerCase()], ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "soon"]),
    ttl_seconds: fc.constantFrom(60, 259_200),
    reference: fc.constantFrom("r", "07700/900123"),
  },
  { requiredKeys: ["to", "text", "purpose", "smart_encoding"] },
);

test(
  `preview and send say the same of a request (seed ${seed})`,
  async () => {
    const tenant = await newTenant();
    const lots = { minute: 1e6, hour: 1e6, day: 1e6 };
    await operator(`PATCH /admin/v1/tenants/${tenant.id}`, {
      policy: { limits: { recipient: lots, block: lots, key: lots, tenant: lots } },
    });
    const seen = { refusedAtTheDoor: 0, refused: 0, accepted: 0 };
    await fc.assert(
      fc.asyncProperty(request, async (body) => {
        const preview = await tenant.call("POST /v1/messages/preview", body);
        const sent = await tenant.call("POST /v1/messages", body);
        if (preview.status !== 200) {
          seen.refusedAtTheDoor++;
          const { status, body: problem } = sent;
          expect([status, problem["code"], problem["errors"]]).toEqual([
            preview.status,
            preview.body["code"],
            preview.body["errors"],
          ]);
          return;
        }
        const { would, reasons, encoding, segments, number_kind: kind } = preview.body as Json & { reasons: string[] };
        if (would === "refused") {
          seen.refused++;
          expect([sent.status >= 400, sent.body["code"]]).toEqual([true, reasons[0]]);
          return;
        }
        seen.accepted++;
        expect([sent.status, sent.body]).toMatchObject([202, { encoding, segments, to: { kind } }]);
      }),
      { seed, numRuns: 400 },
    );
    console.info(`preview and send: ${JSON.stringify(seen)}`);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
  },
  patience(60_000),
);
