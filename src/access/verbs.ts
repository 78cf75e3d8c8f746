/**
 * A tenant's verbs for its own API keys. A key can grant only scopes that it has itself.
 */
import { byCaller, type Actor, type Recorder } from "../contract/record.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import { readPage, type Page } from "../contract/list.ts";
import { verb } from "../contract/verb.ts";
import { makeApiKey, type DoorKeys, type Environment } from "./api-key.ts";
import { allows, type Granted } from "./caller.ts";
import type { KeySettings, KeysLedger, KeyView } from "./keys.ts";

export type KeysDeps = {
  keys: KeysLedger;
  door: DoorKeys;
  environment: Environment;
  newId: () => string;
  /** Real time: a sandbox's clock never moves a key's end. */
  realNow: () => number;
  scopesOf: (keyId: string) => Granted;
  record: Recorder;
};

export type IssuedKey = KeyView & { secret: string };

/** Creating and replacing a key both show a secret, which grants everything that the key can do. */
const BEYOND = "A key can only give the scopes it holds itself.";

/** The verbs of API keys, over their ledger. */
export function keysVerbs(deps: KeysDeps) {
  return {
    "keys.create": verb("keys:manage", (who, input: KeySettings): Outcome<IssuedKey> => {
      const beyond = input.scopes.find((scope) => !holds(deps.scopesOf(who.id), scope));
      if (beyond !== undefined) return refuse("missing_scope", { detail: BEYOND });
      return issueKey(deps, byCaller(who.id), input);
    }),

    "keys.list": verb("keys:manage", (_who, input: { limit: number; before?: string }): Outcome<Page<KeyView>> => ({
      ok: readPage(
        input.limit,
        (rows) => deps.keys.list(input.before, rows),
        (key) => key,
      ),
    })),

    "keys.rotate": verb("keys:manage", (who, input: { id: string; overlapSeconds: number }): Outcome<IssuedKey> => {
      const target = deps.keys.get(input.id);
      if ("refused" in target) return target;
      const beyond = target.ok.scopes.find((scope) => !holds(deps.scopesOf(who.id), scope));
      if (beyond !== undefined) return refuse("missing_scope", { detail: BEYOND });
      const { text, secret, id } = freshKey(deps);
      const until = deps.realNow() + input.overlapSeconds * 1_000;
      const rotated = deps.keys.rotate(input.id, id, secret, until, deps.realNow());
      if ("refused" in rotated) return rotated;
      deps.record(byCaller(who.id), {
        act: "key.rotated",
        subject: input.id,
        facts: { by: id, overlap_seconds: input.overlapSeconds },
      });
      return { ok: { ...rotated.ok, secret: text } };
    }),

    "keys.revoke": verb("keys:manage", (who, input: { id: string }): Outcome<KeyView> => {
      const revoked = deps.keys.revoke(input.id, deps.realNow());
      if (!("refused" in revoked)) deps.record(byCaller(who.id), { act: "key.revoked", subject: input.id });
      return revoked;
    }),
  };
}

export type KeysVerbs = ReturnType<typeof keysVerbs>;

/** Issues a key; the secret is in this answer and never again. */
export function issueKey(deps: KeysDeps, actor: Actor, settings: KeySettings): Outcome<IssuedKey> {
  if (settings.expiresAt !== null && settings.expiresAt <= deps.realNow()) {
    const detail = "Give a time in the future; an expired key is refused.";
    return refuse("invalid_field", { errors: [{ field: "expires_at", code: "invalid_field", detail }] });
  }
  const { text, secret, id } = freshKey(deps);
  const added = deps.keys.add(id, secret, settings, deps.realNow());
  if ("refused" in added) return added;
  deps.record(actor, { act: "key.created", subject: id, facts: { scopes: settings.scopes.join(" ") } });
  return { ok: { ...added.ok, secret: text } };
}

function freshKey(deps: KeysDeps): { text: string; secret: string; id: string } {
  const id = deps.newId();
  return { id, ...makeApiKey(deps.door, id, deps.environment) };
}

function holds(granted: Granted, scope: Granted[number]): boolean {
  return scope === "*" ? granted.includes("*") : allows(granted, scope);
}
