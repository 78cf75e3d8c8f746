/**
 * Reads request bodies, bounded in size and time. Every door reads its body here and nowhere else, so a client that
 * sends slowly, stops or breaks off is refused and holds no resources for long.
 */
import { discard, readWholeAtMost } from "./bounded.ts";
import { isRefused, refuse, type Outcome } from "../base/refusal.ts";

/** A whole body must arrive within this time of its first byte. The largest is 4 MiB, so 3.4 Mbit/s are needed. */
export const BODY_MS_MAX = 10_000;

/**
 * Up to this much of a too large body is read and discarded before it is refused. Some clients and proxies, wrangler's
 * among them, drop the connection when they are answered while they still write, and never read the refusal.
 */
const DISCARDED_BYTES_MAX = 33_554_432;
const DISCARDED_MS_MAX = 5_000;

/**
 * The bytes, none where there is no body; or `body_too_large`, `body_too_slow`, or `malformed_body` where the body
 * broke off or was framed wrongly, so that a client's fault is never answered as an internal error.
 */
export async function readIncoming(request: Request, bytesMax: number): Promise<Outcome<Uint8Array>> {
  if (request.body === null) return { ok: new Uint8Array() };
  const known = { tooLarge: false };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Outcome<Uint8Array>>((resolve) => {
    timer = setTimeout(() => resolve(known.tooLarge ? tooLarge(bytesMax) : refuse("body_too_slow")), BODY_MS_MAX);
  });
  try {
    return await Promise.race([read(request, bytesMax, known), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A carrier's callback as it came. Some carriers sign the URL they were given, `publicUrl`; empty means the request's
 * own URL.
 */
export type Incoming = { url: string; headers: Record<string, string>; body: Uint8Array };

/** Reads one, without the headers that the platform added. */
export async function readCallbackRequest(
  request: Request,
  publicUrl: string,
  bytesMax: number,
): Promise<Outcome<Incoming>> {
  const body = await readIncoming(request, bytesMax);
  if (isRefused(body)) return body;
  const headers = Object.fromEntries([...request.headers].filter(([header]) => !header.startsWith("cf-")));
  const { origin } = new URL(request.url);
  const url = publicUrl === "" ? request.url : publicUrl + request.url.slice(origin.length);
  return { ok: { url, headers, body: body.ok } };
}

const tooLarge = (bytesMax: number) =>
  refuse("body_too_large", { detail: `A body here has at most ${bytesMax} bytes.` });

/** `known.tooLarge` is set as soon as the body has proved too large: from then on its slowness changes nothing. */
async function read(request: Request, bytesMax: number, known: { tooLarge: boolean }): Promise<Outcome<Uint8Array>> {
  try {
    const bytes = await readWholeAtMost(request, bytesMax, (rest) => {
      known.tooLarge = true;
      return discard(rest, DISCARDED_BYTES_MAX, DISCARDED_MS_MAX);
    });
    return bytes === null ? tooLarge(bytesMax) : { ok: bytes };
  } catch {
    return refuse("malformed_body", { detail: "The body broke off before its end." });
  }
}
