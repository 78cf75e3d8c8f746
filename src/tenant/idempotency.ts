/**
 * Idempotency keys, in front of every verb: a repeated key returns the first answer, byte for byte, and runs nothing.
 * Final refusals are kept too; 409, 429 and 503 never, because the same request may succeed later.
 */
import type { Caller } from "../access/caller.ts";
import { pack, unpack } from "../base/packed.ts";
import { equalBytes } from "../base/seal.ts";
import { isRefused, REASONS, refuse, type Outcome } from "../base/refusal.ts";
import type { TenantRooms } from "./rooms.ts";
import type { Call, Reply, TenantVerbName, TenantVerbTable } from "../rpc/tenant.ts";

const NEVER_KEPT: ReadonlySet<number> = new Set([401, 403, 409, 429, 500, 503]);

/** Runs the verb, or repeats its first answer. */
export function repeatOrRun<K extends TenantVerbName>(
  rooms: TenantRooms,
  caller: Caller,
  call: Call<K>,
): Pick<Reply<K>, "outcome" | "replayed"> {
  const { repeat } = call;
  if (repeat === null) return { outcome: run(rooms, caller, call), replayed: false };
  const { access, vault } = rooms.room;
  const name = vault.ledger.keyedName("idempotency", `${repeat.route}|${repeat.key}`).subarray(0, 16);
  const body = vault.ledger.keyedName("body", Buffer.concat([repeat.bodyDigest, Buffer.from(targetOf(call.input))]));
  const record = Buffer.from(name).toString("hex");
  const kept = access.idempotency.find(name, rooms.now());
  if (kept !== null) {
    if (!equalBytes(kept.body, body)) return { outcome: refuse("idempotency_key_reused"), replayed: false };
    const text = vault.openOwn(record, "answer", kept.answer);
    if (text === null) throw new Error("a kept answer does not open");
    const outcome = JSON.parse(unpack(text)) as Reply<K>["outcome"]; // kept by this very verb, without what was shown once
    return { outcome, replayed: true };
  }
  const outcome = run(rooms, caller, call);
  if (isKept(outcome)) {
    const answer = vault.sealOwn(record, "answer", pack(JSON.stringify(withoutSecrets(outcome, call.secret))));
    access.idempotency.keep(name, body, answer, rooms.now());
  }
  return { outcome, replayed: false };
}

/** The id in the path is part of the request: one key used for two messages is two requests. */
function targetOf(input: unknown): string {
  return typeof input === "object" && input !== null && "id" in input && typeof input.id === "string" ? input.id : "";
}

function run<K extends TenantVerbName>(rooms: TenantRooms, caller: Caller, call: Call<K>): Reply<K>["outcome"] {
  const verbs: TenantVerbTable = rooms.verbs;
  const { audit, risk } = rooms.room;
  const before = audit.entries();
  const person = caller.session === null ? null : { id: caller.id, role: caller.session.role, page: call.page ?? null };
  const outcome = audit.actingAs(person, () => verbs[call.verb].run(caller, call.input));
  risk.settleNaming(caller.id, audit.entries() > before);
  return outcome;
}

function isKept(outcome: Outcome<unknown>): boolean {
  return !isRefused(outcome) || !NEVER_KEPT.has(REASONS[outcome.refused].status);
}

/** The answer without the fields that are shown once. */
function withoutSecrets(outcome: Outcome<unknown>, secret: readonly string[]): Outcome<unknown> {
  if (isRefused(outcome) || secret.length === 0 || typeof outcome.ok !== "object" || outcome.ok === null)
    return outcome;
  return { ok: Object.fromEntries(Object.entries(outcome.ok).filter(([name]) => !secret.includes(name))) };
}
