// A body that is too large is read on and thrown away within bounds, so that its sender is there to read the refusal.
import { expect, it } from "vitest";
import { readIncoming } from "../../src/net/incoming.ts";

const CHUNK = 1_048_576;

/** A request of so many chunks that tells how many were taken, and whether the rest was cancelled. */
function sending(chunks: number, { hangs = false, announced = true, everyMs = 0 } = {}) {
  const seen = { taken: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (everyMs > 0) await new Promise((resolve) => setTimeout(resolve, everyMs));
        if (seen.taken === chunks) return hangs ? new Promise<void>(() => undefined) : controller.close();
        seen.taken += 1;
        controller.enqueue(new Uint8Array(CHUNK));
      },
      cancel: () => void (seen.cancelled = true),
    },
    { highWaterMark: 0 },
  );
  const headers: Record<string, string> = announced ? { "content-length": String(chunks * CHUNK) } : {};
  const init = { method: "POST", body, headers, duplex: "half" };
  return { seen, request: new Request("https://sms.example.com/v1/messages", init) };
}

it("a body of 20 MB is taken to its end before it is refused", async () => {
  const { seen, request } = sending(20);
  expect(await readIncoming(request, 65_536)).toMatchObject({ refused: "body_too_large" });
  expect(seen).toEqual({ taken: 20, cancelled: false });
});

it("of a body without measure no more than 33 MB is taken", async () => {
  const { seen, request } = sending(200);
  expect(await readIncoming(request, 65_536)).toMatchObject({ refused: "body_too_large" });
  expect(seen.taken).toBeLessThanOrEqual(34);
  expect(seen.cancelled).toBe(true);
});

it("who stops in the middle is refused all the same", async () => {
  const { seen, request } = sending(2, { hangs: true });
  expect(await readIncoming(request, 65_536)).toMatchObject({ refused: "body_too_large" });
  expect(seen.cancelled).toBe(true);
}, 15_000);

it("without an announced length a body of 20 MB is taken to its end all the same, and of 200 no more than 34", async () => {
  const short = sending(20, { announced: false });
  expect(await readIncoming(short.request, 65_536)).toMatchObject({ refused: "body_too_large" });
  expect(short.seen).toEqual({ taken: 20, cancelled: false });
  const long = sending(200, { announced: false });
  expect(await readIncoming(long.request, 65_536)).toMatchObject({ refused: "body_too_large" });
  expect([long.seen.taken <= 35, long.seen.cancelled]).toEqual([true, true]);
});

it("a body that proves too large late, and goes on slowly, is refused as too large and not as too slow", async () => {
  const { request } = sending(20, { announced: false, everyMs: 1_400 });
  expect(await readIncoming(request, 5 * CHUNK)).toMatchObject({ refused: "body_too_large" });
}, 20_000);

it("a length of more digits than any body has is too large at once", async () => {
  const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
  const init = { method: "POST", body, headers: { "content-length": "99999999999999" }, duplex: "half" };
  expect(await readIncoming(new Request("https://sms.example.com/v1/messages", init), 65_536)).toMatchObject({
    refused: "body_too_large",
  });
});
