// A verb's name carries its input and output. What must not compile is marked: the type check fails where a marked line
// compiles after all, because an expectation that nothing meets is an error itself.
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import type { Outcome } from "../../src/base/refusal.ts";
import { doorsOver, jobDoor } from "../../src/contract/operator-route.ts";
import { completedRoutesOver, routesOver } from "../../src/contract/route.ts";
import { verb, type Asker } from "../../src/contract/verb.ts";
import type { IssuedKey } from "../../src/access/verbs.ts";
import type { MessageView } from "../../src/messages/message.ts";
import type { OperatorPort } from "../../src/rpc/operator.ts";
import type { Call, TenantPort, TenantVerbs } from "../../src/rpc/tenant.ts";

const verbs = {
  "things.get": verb("things:read", (_who, input: { id: string }) => ({
    ok: { id: input.id, size: { width: 1 }, tags: ["a"] },
  })),
  "things.drop": verb("things:write", (): Outcome<null> => ({ ok: null })),
};
const route = routesOver<typeof verbs>();
const completed = completedRoutesOver<typeof verbs>();
const Thing = z.object({ id: z.string(), size: z.object({ width: z.int() }), tags: z.array(z.string()) });
const get = {
  method: "get",
  path: "/v1/things/{id}",
  verb: "things.get",
  scope: "things:read",
  summary: "Read a thing",
  tag: "Things",
  params: z.strictObject({ id: z.string() }),
  status: 200,
} as const;
type Named = { params: { id: string } };
const named = ({ params }: Named) => ({ ok: params });

describe("a route of tenants", () => {
  it("compiles with the schema of its verb's output, and no other", () => {
    expect(route({ ...get, answer: Thing, input: named }).answer).toBe(Thing);
    // @ts-expect-error -- the schema misses a field
    route({ ...get, answer: Thing.omit({ tags: true }), input: named });
    // @ts-expect-error -- the schema misses a field of a field
    route({ ...get, answer: Thing.extend({ size: z.object({}) }), input: named });
    // @ts-expect-error -- the schema takes another type
    route({ ...get, answer: Thing.extend({ id: z.int() }), input: named });
    // @ts-expect-error -- the schema wants a field that is never there
    route({ ...get, answer: Thing.extend({ more: z.string() }), input: named });
    // @ts-expect-error -- nothing is answered where the verb says something
    route({ ...get, status: 204, answer: null, input: named });
  });

  it("compiles with the input that its verb takes, and no other", () => {
    // @ts-expect-error -- the verb takes an id
    route({ ...get, answer: Thing, input: () => ({ ok: {} }) });
    // @ts-expect-error -- the id is a text
    route({ ...get, answer: Thing, input: () => ({ ok: { id: 7 } }) });
    // @ts-expect-error -- the verb needs another scope
    route({ ...get, scope: "things:write", answer: Thing, input: named });
    // @ts-expect-error -- there is no such verb
    route({ ...get, verb: "things.find", answer: Thing, input: named });
  });

  it("answers 204 where its verb says nothing, and nothing else", () => {
    const drop = { ...get, method: "delete", verb: "things.drop", scope: "things:write" } as const;
    expect(route({ ...drop, status: 204, answer: null, input: () => ({ ok: null }) }).status).toBe(204);
    // @ts-expect-error -- there is nothing to answer 200 with
    route({ ...drop, status: 200, answer: null, input: () => ({ ok: null }) });
  });

  it("is held to what completes it, where the verb's output is not the whole answer", () => {
    const complete = (thing: { id: string }) => ({ ok: { name: thing.id } });
    const Name = z.object({ name: z.string() });
    expect(completed({ ...get, answer: Name, input: named, complete }).answer).toBe(Name);
    // @ts-expect-error -- the schema of the verb's own output is not that of the answer
    completed({ ...get, answer: Thing, input: named, complete });
    // @ts-expect-error -- the schema misses a field
    completed({ ...get, answer: z.object({}), input: named, complete });
  });
});

describe("a route of operators", () => {
  const door = doorsOver<{ "things.get": { input: { id: string }; output: { id: string; name: string } } }>();
  const View = z.object({ id: z.string(), name: z.string() });
  const facts = { method: "get", path: "/admin/v1/things", verb: "things.get", summary: "Read", status: 200 } as const;

  it("compiles with its verb's input and output, and no other", () => {
    expect(door({ ...facts, answer: View, ask: () => ({ ok: { where: "eu", input: { id: "a" } } }) }).job).toBeNull();
    // @ts-expect-error -- the schema misses a field
    door({ ...facts, answer: View.omit({ name: true }), ask: () => ({ ok: { where: "eu", input: { id: "a" } } }) });
    // @ts-expect-error -- the verb takes an id
    door({ ...facts, answer: View, ask: () => ({ ok: { where: "eu", input: null } }) });
  });

  it("compiles with what its job sums up, and no other", () => {
    const job = { verb: "things.count", run: async () => ({ things: 3, more: 1 }) };
    const { verb: _verb, ...rest } = facts;
    expect(jobDoor({ ...rest, answer: z.object({ things: z.int(), more: z.int() }), job }).verb).toBe("things.count");
    // @ts-expect-error -- the schema misses a field
    jobDoor({ ...rest, answer: z.object({ things: z.int() }), job });
  });
});

describe("asking", () => {
  // Compiled and never run: objects are asked in test/laws and in the rooms' own tests.
  const neverRun = (tenant: TenantPort, operator: OperatorPort, asker: Asker<TenantVerbs>) => {
    const who: Omit<Call<"messages.get">, "verb" | "input"> = {
      credential: { id: "key", secret: "secret" },
      origin: { ip: null, certificate: null },
      repeat: null,
      secret: [],
    };
    return {
      canceled: () => tenant.ask({ ...who, verb: "messages.cancel", input: { id: "msg" } }),
      issued: () => operator.ask({ id: "op" }, "tenant_keys.create", { id: "ten", settings: settings() }, null),
      notes: () => asker.ask("messages.notes", { ids: ["msg"] }),
      wrong: () => [
        // @ts-expect-error -- another verb's input
        tenant.ask({ ...who, verb: "messages.cancel", input: { ids: ["msg"] } }),
        // @ts-expect-error -- no such verb
        tenant.ask({ ...who, verb: "messages.forget", input: { id: "msg" } }),
        // @ts-expect-error -- the most privileged door takes nothing it does not know
        operator.ask({ id: "op" }, "tenants.change", { id: "ten", state: "live" }, null),
        // @ts-expect-error -- an environment that there is not
        operator.ask({ id: "op" }, "tenants.create", { name: "A", environment: "test" }, null),
        // @ts-expect-error -- no such verb
        operator.ask({ id: "op" }, "tenants.forget", { id: "ten" }, null),
        // @ts-expect-error -- another verb's input
        asker.ask("messages.notes", { id: "msg" }),
      ],
    };
  };
  const settings = () => ({ name: "A", scopes: ["*" as const], ipAllowlist: [], certificate: null, expiresAt: null });

  it("answers with the verb's own output", () => {
    type Asked = ReturnType<typeof neverRun>;
    type Answer<Name extends "canceled" | "issued" | "notes"> = Awaited<ReturnType<Asked[Name]>>;
    expectTypeOf<Answer<"canceled">["outcome"]>().toEqualTypeOf<Outcome<MessageView>>();
    expectTypeOf<Answer<"issued">>().toEqualTypeOf<Outcome<IssuedKey>>();
    expectTypeOf<Answer<"notes">>().not.toBeUnknown();
    expect(neverRun).toBeTypeOf("function");
  });
});
