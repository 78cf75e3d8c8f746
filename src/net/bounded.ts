/**
 * Bounds on calls to untrusted servers: how long a call takes, and how much of its answer is read. Used by every
 * outgoing call to them. Never interprets what it reads.
 */

/** The part of `fetch` that outgoing calls use, so that tests can replace it. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

/** What `withTimeout` and `withDeadline` answer when the time is up. */
export const TIMED_OUT = Symbol("timed out");

/**
 * The work's value, or TIMED_OUT when it takes longer; the work is not aborted. An error within the time is rethrown.
 */
export async function withTimeout<T>(timeoutMs: number, work: Promise<T>): Promise<T | typeof TIMED_OUT> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<typeof TIMED_OUT>((resolve) => {
    timer = setTimeout(() => {
      resolve(TIMED_OUT);
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * As `withTimeout`, for work that can be aborted. When this returns, the signal has fired in either case, so no
 * connection that the work opened stays open. A failure of late work is ignored.
 */
export async function withDeadline<T>(
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | typeof TIMED_OUT> {
  const aborter = new AbortController();
  try {
    return await withTimeout(timeoutMs, work(aborter.signal));
  } finally {
    aborter.abort();
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * Reads a body up to `maxBytes`, or answers null as soon as it is longer. Counts bytes after decompression, so a
 * compressed bomb is too long. Ignores the announced length. `tooLong` handles the rest; by default it is cancelled
 * unread.
 */
export async function readAtMost(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  tooLong: (rest: Reader) => Promise<void> = cancelled,
): Promise<Uint8Array | null> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return joined(chunks, length);
    length += value.byteLength;
    if (length > maxBytes) {
      await tooLong(reader);
      return null;
    }
    chunks.push(value);
  }
}

/**
 * The body of a request or an answer up to `maxBytes`, or null when it is longer. An uncompressed body with an
 * announced length is read in one piece, because the platform enforces that length; any other is counted as it arrives.
 * `tooLong` as for `readAtMost`; it is passed a body with a too large announced length unread.
 */
export async function readWholeAtMost(
  message: Pick<Request, "headers" | "body" | "arrayBuffer">,
  maxBytes: number,
  tooLong: (rest: Reader) => Promise<void> = cancelled,
): Promise<Uint8Array | null> {
  if (message.body === null) return new Uint8Array();
  const announced = message.headers.get("content-length");
  const plain = announced !== null && /^\d+$/.test(announced) && !message.headers.has("content-encoding");
  if (!plain) return readAtMost(message.body, maxBytes, tooLong);
  if (Number(announced) > maxBytes) {
    await tooLong(message.body.getReader());
    return null;
  }
  const bytes = new Uint8Array(await message.arrayBuffer());
  return bytes.byteLength > maxBytes ? null : bytes;
}

/** Not awaited: an untrusted stream may take long to cancel, and its result is not needed. */
async function cancelled(rest: Reader): Promise<void> {
  rest.cancel().catch(() => undefined);
}

/** Reads and discards until the end, `maxBytes` or `maxMs`, whichever comes first; the rest is cancelled. */
export async function discard(reader: Reader, maxBytes: number, maxMs: number): Promise<void> {
  const reading = async (): Promise<void> => {
    for (let length = 0; length <= maxBytes;) {
      const { done, value } = await reader.read();
      if (done) return;
      length += value.byteLength;
    }
  };
  await withTimeout(maxMs, reading()).catch(() => undefined); // a body that breaks off is over too
  reader.cancel().catch(() => undefined);
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
