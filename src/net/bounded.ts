/**
 * Bounds on talking to strangers: how long, and how much is read.
 * Called by every outgoing call whose other end we do not trust. It never interprets what it reads.
 */

/** The part of `fetch` that outgoing calls use, so that tests can hand in another. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

/** What `withDeadline` answers when the time is up. */
export const TIMED_OUT = Symbol("timed out");

/** The work's value, or TIMED_OUT when it takes longer; nobody tells the work. An error of the work in time is thrown on. */
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
 * As `withTimeout`, for work that can be stopped: late work is aborted and its later failure goes nowhere; when this
 * returns, the signal has fired in either case, so no connection the work opened stays open.
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
 * Reads a body up to `maxBytes`, or answers null as soon as it proves longer. The cap counts bytes after decompression, so a
 * small bomb is a large body. An announced length is not believed either way. `tooLong` is what happens to the rest; it is
 * cancelled unread where nothing else is said.
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
 * The body of a request or an answer up to `maxBytes`, or null when it is longer. Of a body that is not compressed the
 * announced length is the framing's, which the platform holds the other side to, so it is read in one piece; any other is
 * counted as it comes. `tooLong` as for `readAtMost`; a body whose announced length is over the bound comes to it unread.
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

/** Not awaited: a stranger's stream may take its time to notice, and there is nothing left to learn from it. */
async function cancelled(rest: Reader): Promise<void> {
  rest.cancel().catch(() => undefined);
}

/** Reads on and throws away, until the end, `maxBytes` or `maxMs`, whichever is first; what is left is cancelled. */
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
