/** A carrier's bundle with texts of several tenants: none of them keeps another's from it, and the carrier comes again where it helps. */
import { expect, it } from "vitest";
import { refuse, type Outcome } from "../../src/base/refusal.ts";
import { receiveInbound } from "../../src/inbound/inbound.routes.ts";
import { IdMaker } from "../../src/base/ids.ts";

const account = new IdMaker({ jurisdiction: "eu", code: "abcdefgh" }).make("car", Date.now());
const text = (id: string) => ({ id, from: "+447700900123", to: "+447700900871", text: id });
const owned = ["one", "two", "three"].map((tenant) => ({ tenant, texts: [text(tenant)] }));

async function bring(answers: Record<string, Outcome<unknown>>) {
  const taken: string[] = [];
  const deps = {
    publicUrl: "",
    verify: () => Promise.resolve({ ok: { owned, silent: false, secret: 3 } }),
    take: (tenant: string, _account: string, _texts: unknown, secret: number) => {
      taken.push(`${tenant} ${secret}`);
      return Promise.resolve(answers[tenant] ?? { ok: null });
    },
  };
  const request = new Request("http://127.0.0.1:8787/carriers/x/inbound", { method: "POST", body: "{}" });
  return { outcome: await receiveInbound(deps, account, request), taken };
}

it("every tenant gets its texts, whatever another answers", async () => {
  for (const refused of ["keys_unavailable", "storage_unavailable", "not_found"] as const)
    expect((await bring({ one: refuse(refused) })).taken).toEqual(["one 3", "two 3", "three 3"]);
});

it("if a tenant cannot store its texts now, the carrier is asked to repeat the call", async () => {
  expect((await bring({ two: refuse("keys_unavailable") })).outcome).toMatchObject({ refused: "keys_unavailable" });
});

it("a deleted tenant's texts are acknowledged: the carrier is not asked to repeat the call", async () => {
  expect((await bring({ two: refuse("not_found") })).outcome).toEqual({ ok: { taken: 2, silent: false } });
});
