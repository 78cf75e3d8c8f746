/**
 * HTTP without a client that means well: bytes as they are, over a socket of their own.
 */
import { connect } from "node:net";

/** One answer as it came: the status, the header lines in lower case, and the body by its length or to the end. */
export type RawAnswer = { status: number; headers: Map<string, string>; body: string };

export type Talk = {
  answers: RawAnswer[];
  /** `closed` by the other side, or still `open` when it had answered and said nothing more; `silent` when no answer came. */
  end: "closed" | "open" | "silent";
};

/** So long a side that owes an answer may be silent before the test calls it a hang. */
const SILENCE_MS_MAX = 15_000;

export type Manner = {
  /** Closes our side behind the bytes. */
  half?: boolean;
  /** So long a second answer is listened for after the first, and no longer than until it came; without it the first is all. */
  listenMs?: number;
};

/** Writes the bytes and reads what comes. */
export function talk(
  port: number,
  bytes: string | Uint8Array,
  { half = false, listenMs = 0 }: Manner = {},
): Promise<Talk> {
  return new Promise((resolve) => {
    let heard = Buffer.alloc(0);
    let end: Talk["end"] = "silent";
    const socket = connect(port, "127.0.0.1");
    const done = () => socket.destroy();
    let timer = setTimeout(done, SILENCE_MS_MAX);
    socket.on("connect", () => {
      socket.write(bytes);
      if (half) socket.end();
    });
    socket.on("data", (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      const count = answersIn(heard).length;
      if (count === 0) return;
      end = "open";
      clearTimeout(timer);
      if (listenMs === 0 || count > 1) done();
      else timer = setTimeout(done, listenMs);
    });
    socket.on("end", () => (end = "closed"));
    socket.on("error", () => (end = "closed"));
    socket.on("close", () => {
      clearTimeout(timer);
      resolve({ answers: answersIn(heard), end });
    });
  });
}

/** Every whole answer in the bytes; 100 is none. */
export function answersIn(heard: Buffer): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = heard.toString("latin1");
  for (;;) {
    const ends = rest.indexOf("\r\n\r\n");
    const [first = "", ...lines] = rest.slice(0, Math.max(0, ends)).split("\r\n");
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0);
    if (status === 0) return answers;
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
    );
    rest = rest.slice(ends + 4);
    const length = status < 200 ? 0 : Number(headers.get("content-length") ?? rest.length);
    if (rest.length < length) return answers;
    if (status >= 200) answers.push({ status, headers, body: rest.slice(0, length) });
    rest = rest.slice(length);
  }
}
