/**
 * One JSON line for each request, and one for each event that an operator must check. A line has only these fields
 * (ids, route patterns, codes, counts and times), so no number, text or key can enter the log.
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
 * What is logged of an unexpected error: its class and the function names of its stack. Never its message, which may
 * quote the request.
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
 * Runs a verb inside an object, logs what it throws, and rethrows it. Logged here because an error loses its stack
 * frames across the object's RPC.
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
