/**
 * A recount: figures as anybody would count them who has the records and the live rows in hand, without the code that counts in the
 * service. Rows come as they lie in their stores.
 */
import { z } from "zod";

/** One of each kind, as counted. */
export type One = {
  at: number;
  by: Record<string, string | null>;
  segments: number;
  cost: [number, string] | null;
  latencyMs: number | null;
};

const STEM = /^(\w{3})_(\w)(\w{8})0/;
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const timeOf = (id: string) =>
  Array.from(id.slice(-26, -16)).reduce((sum, letter) => sum * 32 + ALPHABET.indexOf(letter), 0);
const CHARGED = ["sent", "delivered", "undelivered", "unknown"];

const RecordOfMessage = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.string().nullable(),
  z.string(),
  z.int(),
  z.int(),
  z.int(),
  z.int().nullable(),
  z.int().nullable(),
  z.string().nullable(),
  z.array(z.unknown()),
  z.tuple([z.int(), z.string()]).nullable(),
  z.looseObject({
    reason: z.string().optional(),
    schedule: z.int().optional(),
    network: z.string().optional(),
    service: z.string().optional(),
    template: z.string().optional(),
  }),
]);

/** A message by its record in D1. */
export function recordedMessage(row: { id: string; state: string; record: string }): One {
  const [, letter = "", code = ""] = (STEM.exec(row.id) ?? []).slice(1);
  const [, country, , purpose, , , segments, created, , , ended, account, , price, rest] = RecordOfMessage.parse(
    JSON.parse(row.record),
  );
  const service = rest.service === undefined ? null : `svc_${letter}${code}0${rest.service}`;
  const carrier = account === null ? null : account.includes("_") ? account : `car_${letter}000000000${account}`;
  const left = created + Math.max(0, rest.schedule ?? 0);
  const delivered = row.state === "delivered" && ended !== null;
  return {
    at: timeOf(row.id),
    by: {
      state: row.state,
      reason: rest.reason ?? null,
      purpose,
      carrier,
      network: rest.network ?? null,
      country,
      service,
      template: rest.template ?? null,
    },
    segments,
    cost: CHARGED.includes(row.state) ? price : null,
    latencyMs: delivered ? Math.max(1, created + ended - left) : null,
  };
}

const Facts = z.looseObject({
  country: z.string(),
  segments: z.int(),
  createdAt: z.int(),
  scheduleAt: z.int().nullable(),
  price: z.object({ amount: z.int(), currency: z.string() }).nullable(),
  network: z.string().optional(),
  service: z.string().nullable().optional(),
  template: z.string().optional(),
});
type Row = Record<string, unknown>;
const text = (value: unknown) => (typeof value === "string" ? value : null);

/** A message by its row in the tenant's object. */
export function liveMessage(row: Row): One {
  const facts = Facts.parse(JSON.parse(String(row["facts"])));
  const state = String(row["state"]);
  const left = Math.max(facts.createdAt, facts.scheduleAt ?? 0);
  const charged = CHARGED.includes(state) && facts.price !== null;
  return {
    at: timeOf(String(row["id"])),
    by: {
      state,
      reason: text(row["reason"]),
      purpose: text(row["purpose"]),
      carrier: text(row["account"]),
      network: facts.network ?? null,
      country: facts.country,
      service: facts.service ?? null,
      template: facts.template ?? null,
    },
    segments: facts.segments,
    cost: charged && facts.price !== null ? [facts.price.amount, facts.price.currency] : null,
    latencyMs: state === "delivered" ? Math.max(1, Number(row["ended_at"]) - left) : null,
  };
}

/** A verification as `GET /v1/verifications` shows it, wherever it is. */
export function shownVerification(view: Row): One {
  const to = z.looseObject({ country: z.string() }).parse(view["to"]);
  const sends = z.array(z.looseObject({ carrier: z.string().nullable() })).parse(view["sends"]);
  const cost = z.object({ amount: z.int(), currency: z.string() }).nullable().parse(view["cost"]);
  const approved = view["state"] === "approved";
  return {
    at: timeOf(String(view["id"])),
    by: {
      state: text(view["state"]),
      reason: text(view["reason"]),
      carrier: sends.at(-1)?.carrier ?? null,
      country: to.country,
      service: text(view["service"]),
      template: text(view["template"]),
    },
    segments: 0,
    cost: cost === null ? null : [cost.amount, cost.currency],
    latencyMs: approved
      ? Math.max(1, Date.parse(String(view["ended_at"])) - Date.parse(String(view["created_at"])))
      : null,
  };
}

/** Counts by step and dimensions, in the order of an answer; percentiles with each latency as it is. */
export function recount(ones: readonly One[], stepMs: number, by: readonly string[]) {
  const groups = new Map<string, One[]>();
  for (const one of ones) {
    const place = [Math.floor(one.at / stepMs) * stepMs, ...by.map((name) => one.by[name] ?? null)];
    const name = JSON.stringify(place);
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return [...groups.entries()]
    .map(([name, members]) => {
      const [at, ...labels] = z.tuple([z.number()], z.string().nullable()).parse(JSON.parse(name));
      const cost: Record<string, number> = {};
      for (const { cost: each } of members) if (each !== null) cost[each[1]] = (cost[each[1]] ?? 0) + each[0];
      return {
        at: new Date(at).toISOString(),
        by: Object.fromEntries(by.map((dimension, nth) => [dimension, labels[nth] ?? null])),
        count: members.length,
        segments: members.reduce((sum, { segments }) => sum + segments, 0),
        cost: Object.keys(cost)
          .toSorted()
          .map((currency) => ({ amount: cost[currency], currency })),
        latencies: members
          .flatMap(({ latencyMs }) => (latencyMs === null ? [] : [latencyMs]))
          .toSorted((a, b) => a - b),
      };
    })
    .toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
}

const placeOf = ({ at, by }: { at: string; by: Record<string, string | null> }) =>
  JSON.stringify([at, ...Object.values(by)]);

/** The latency that a share of them does not exceed. */
export const shareOf = (latencies: readonly number[], share: number): number | null =>
  latencies[Math.max(1, Math.ceil(latencies.length * share)) - 1] ?? null;
