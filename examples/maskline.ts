// Maskline as your backend calls it: one function, fetch alone, so it runs in Node, Deno, Bun and Workers.

/** Where Maskline is, and an API key with the scopes that the recipe names. Both stay on your server. */
export type Maskline = { url: string; key: string };

/** The end user. `device_id` is a random id that you keep in a cookie of theirs; never one they can choose. */
export type EndUser = { device_id?: string; ip?: string; user_agent?: string };

export type Started = { id: string; to: { token: string; mask: string }; resend_after: string | null };
export type Checked = { state: string; valid: boolean; reason: string | null; attempts_left: number };

/** What Maskline refused, as data: `code` is a row of docs/errors.md. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds: number | null;

  constructor(status: number, code: string, retryAfterSeconds: number | null) {
    super(`Maskline refused: ${status} ${code}`); // neither number nor code is ever in it
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * One call. Throws `Refused` for a refusal, and an ordinary error if no answer came: then it may or may not have been executed, and
 * the same call with the same `idempotencyKey` is safe.
 */
export async function call<T>(
  { url, key }: Maskline,
  route: string,
  body?: unknown,
  idempotencyKey?: string,
): Promise<T> {
  const [method = "GET", path = "/"] = route.split(" ");
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(4_000),
  });
  const answer = (await response.json()) as T & { code?: string };
  if (response.ok) return answer;
  const wait = response.headers.get("retry-after");
  throw new Refused(response.status, answer.code ?? "unknown", wait === null ? null : Number(wait));
}
