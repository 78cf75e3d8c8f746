/** Whom the hook's question may be sent to: judged each time, because a name leads elsewhere tomorrow. */
import { expect, it } from "vitest";
import { askHook, type Question } from "../../src/masking/intercept.ts";

type Deps = Parameters<typeof askHook>[0];
const question: Question = { id: "int_1", url: "", secret: `whsec_${Buffer.alloc(32, 7).toString("base64")}`, body: '{"text":"Hello"}' }; // prettier-ignore

/** Asks by a URL whose name leads to these addresses; answers what was decided and who was called. */
async function asked(url: string, addresses: string[] | null = ["203.0.114.7"]) {
  const called: string[] = [];
  const deps: Deps = {
    fetchLike: async (to) => (called.push(to), new Response(null, { status: 204 })),
    resolve: async () => addresses,
    policy: { allowlist: [], allowLoopbackHttp: false },
    realNow: () => Date.UTC(2026, 10, 23, 12),
  };
  return { said: await askHook(deps, { ...question, url }), called };
}

it("is a public https URL whose name leads to public addresses", async () => {
  expect(await asked("https://hooks.example.com/ask")).toEqual({ said: { do: "allow" }, called: ["https://hooks.example.com/ask"] }); // prettier-ignore
});

it.each(["http://hooks.example.com/", "http://127.0.0.1:8787/", "https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest", "https://0x7f000001/", "https://user:secret@hooks.example.com/", "https://hooks.example.com:22/", "https://localhost/", "ftp://hooks.example.com/", "nonsense"])("is not called at %s, although that was set", async (url) => {
  expect(await asked(url)).toEqual({ said: null, called: [] });
}); // prettier-ignore

it.each([["10.0.0.1"], ["203.0.114.7", "127.0.0.1"], ["::1"], ["169.254.169.254"], []].map((addresses) => [addresses]))("is nobody whose name leads to %j by now", async (addresses) => {
  expect(await asked("https://hooks.example.com/ask", addresses)).toEqual({ said: null, called: [] });
}); // prettier-ignore

it("is not called if its name cannot be resolved", async () => {
  expect(await asked("https://hooks.example.com/ask", null)).toEqual({ said: null, called: [] });
});
