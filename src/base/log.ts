/**
 * One JSON line a request, and one for what a person must look at. A line is built from these fields only, so a number, a
 * text or a key cannot slip in by somebody adding "just one more thing": ids, route patterns, codes, counts and times.
 */

export type LogLine = {
  level: "info" | "warn" | "error";
  what: string;
  request_id?: string;
  tenant?: string;
  id?: string;
  route?: string;
  method?: string;
  status?: number;
  code?: string;
  verb?: string;
  ms?: number;
  count?: number;
};

export type Log = (line: LogLine) => void;

/** Writes the line to the platform's log. */
export const writeLog: Log = (line) => {
  console.log(JSON.stringify(line));
};

/**
 * What may be said of an unexpected error: its class and the function names of its stack, never its message, which can
 * quote what a caller sent.
 */
export function nameOfError(error: unknown): string {
  if (!(error instanceof Error)) return "not an Error";
  const frames = (error.stack ?? "")
    .split("\n")
    .slice(1, 4)
    .map((line) => /at (?:async )?([\w.#<>$]+)/.exec(line)?.[1] ?? "?");
  return `${error.name} in ${frames.join(" < ")}`;
}

/**
 * Runs a verb inside an object and says there what threw: across the object's RPC an error arrives without its frames, so the
 * caller's line could only say that something did. The error goes on.
 */
export async function logWhenThrown<T>(
  log: Log,
  verb: string,
  tenant: string | null,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    log({
      level: "error",
      what: nameOfError(error),
      code: "verb_failed",
      verb,
      ...(tenant === null ? {} : { tenant }),
    });
    throw error;
  }
}
