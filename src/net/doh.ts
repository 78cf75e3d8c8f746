/**
 * The addresses of a name, by DNS over HTTPS in its JSON form (`application/dns-json`). Used by the guard of outside
 * URLs, because the runtime's resolver does not reveal its result. An incomplete or ambiguous answer is null, never an
 * address.
 */
import { z } from "zod";
import { isAddress } from "./address.ts";
import { type FetchLike, readAtMost, TIMED_OUT, withDeadline } from "./bounded.ts";
import type { Resolver } from "./outside-url.ts";

/**
 * A nearby resolver answers in tens of milliseconds; the bound leaves time for a webhook's first, short timeout in the
 * same run.
 */
export const DOH_TIMEOUT_MS = 2_000;

/** Sixty-four records with long names are under 16 KiB; a larger answer is refused. */
export const DOH_ANSWER_BYTES_MAX = 16 * 1_024;

/** Chains of two or three are common; a long one is a mistake or an attack. */
const CNAME_HOPS_MAX = 8;

const NOERROR = 0;
const NXDOMAIN = 3;
const TYPE_CNAME = 5;
const FAMILIES = [
  { name: "A", type: 1, kind: "ipv4" },
  { name: "AAAA", type: 28, kind: "ipv6" },
] as const;

type Family = (typeof FAMILIES)[number];

/** The fields that decide; others are ignored. */
const answerSchema = z.object({
  Status: z.int(),
  TC: z.boolean(),
  Answer: z.array(z.object({ name: z.string(), type: z.int(), data: z.string() })).optional(),
});

type Answer = z.infer<typeof answerSchema>;

/**
 * A resolver that asks `endpoint` (such as https://cloudflare-dns.com/dns-query) for A and AAAA together. It answers
 * the addresses of both families only if both answers are complete. A name that does not exist has no addresses.
 */
export function dohResolver(fetchLike: FetchLike, endpoint: string): Resolver {
  return async (host) => {
    const found = await Promise.all(FAMILIES.map((family) => askFamily(fetchLike, endpoint, host, family)));
    const known = found.filter((addresses) => addresses !== null);
    return known.length === FAMILIES.length ? known.flat() : null;
  };
}

async function askFamily(
  fetchLike: FetchLike,
  endpoint: string,
  host: string,
  family: Family,
): Promise<readonly string[] | null> {
  try {
    const url = new URL(endpoint);
    url.searchParams.set("name", host);
    url.searchParams.set("type", family.name);
    const body = await withDeadline(DOH_TIMEOUT_MS, async (signal) => {
      const headers = { accept: "application/dns-json" };
      const response = await fetchLike(url.href, { headers, redirect: "manual", signal });
      if (response.status === 200) return await readAtMost(response.body, DOH_ANSWER_BYTES_MAX);
      return null;
    });
    if (body === TIMED_OUT || body === null) return null;
    const answer = answerSchema.safeParse(
      JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(body)),
    );
    return answer.success ? addressesOf(answer.data, host, family) : null;
  } catch {
    return null;
  }
}

/**
 * The addresses at the end of the name's chain. A record of this family under any other name makes the answer invalid.
 */
function addressesOf(answer: Answer, host: string, family: Family): readonly string[] | null {
  if (answer.TC || (answer.Status !== NOERROR && answer.Status !== NXDOMAIN)) return null;
  const records = answer.Answer ?? [];
  const end = endOfChain(records, host);
  const wanted = records.filter((record) => record.type === family.type);
  if (end === null || (answer.Status === NXDOMAIN && wanted.length > 0)) return null;
  const plain = wanted.every((record) => plainName(record.name) === end && isAddress(record.data, family.kind));
  return plain ? wanted.map((record) => record.data) : null;
}

/**
 * Follows the CNAME records of this one answer (RFC 1034 3.6.2). Two for one name, or too many in a row, make it
 * invalid.
 */
function endOfChain(records: NonNullable<Answer["Answer"]>, host: string): string | null {
  const next = new Map<string, string>();
  for (const record of records) {
    if (record.type !== TYPE_CNAME) continue;
    const owner = plainName(record.name);
    if (next.has(owner)) return null;
    next.set(owner, plainName(record.data));
  }
  let name = plainName(host);
  for (let hops = 0; hops <= CNAME_HOPS_MAX; hops++) {
    const target = next.get(name);
    if (target === undefined) return name;
    name = target;
  }
  return null;
}

/** Names are compared without case and without the root's dot (RFC 4343). */
function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
