// Where a webhook may not go (T37): canaries listen on the loopback address, and under a policy as in production nothing
// ever connects to them, whatever the URL's spelling and whatever its name resolves to, at registration or later.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { judgeResolved, judgeUrl, type UrlPolicy } from "../../src/net/outside-url.ts";
import { deliver, type Delivered, type Parcel } from "../../src/webhooks/deliver.ts";
import { outside, type Outside } from "../support/receivers/outside.ts";

const PRODUCTION: UrlPolicy = { allowlist: [], allowLoopbackHttp: false };
let canary: Outside;
let redirecting: Outside;

beforeAll(async () => {
  canary = await outside();
  redirecting = await outside((call, response) => {
    response.writeHead(Number(call.url.slice(1)) || 302, { location: `${canary.url}/stolen` }).end();
  });
});
afterAll(() => Promise.all([canary.close(), redirecting.close()]));

const parcels = (count: number): Parcel[] =>
  Array.from({ length: count }, (_, at) => ({ event: `evt_${at}`, attempt: 0, headers: {}, body: "{}" }));

type World = {
  url: string;
  parcels: number;
  slow?: boolean;
  policy?: UrlPolicy;
  resolve?: (host: string) => readonly string[] | null;
  fetchLike?: typeof fetch;
};

let now = 0;
beforeEach(() => void (now = 0));

/** One turn for one endpoint; answers what was settled and which names were asked for. */
async function turn(world: World) {
  const settled: Delivered[] = [];
  const asked: string[] = [];
  let left = parcels(world.parcels);
  await deliver(
    {
      take: () => {
        const taken = left;
        left = [];
        return Promise.resolve({ url: world.url, slow: world.slow ?? false, putAside: false, parcels: taken });
      },
      settle: (_endpoint, delivered) => Promise.resolve(void settled.push(...delivered)),
      fetchLike: (url, init) => (world.fetchLike ?? fetch)(url, init),
      resolve: (host) => {
        asked.push(host);
        return Promise.resolve((world.resolve ?? (() => null))(host));
      },
      policy: world.policy ?? PRODUCTION,
      now: () => now,
    },
    "wbh",
  );
  return { settled, asked };
}

const spellings = (port: number): string[] =>
  [
    [
      "127.0.0.1",
      "127.1",
      "127.0.1",
      "0x7f.1",
      "0x7f000001",
      "2130706433",
      "0177.0.0.1",
      "017700000001",
      "127.0.0.1.",
      "0",
      "0.0.0.0",
      "127.000.000.001",
    ],
    [
      "[::1]",
      "[::]",
      "[::ffff:127.0.0.1]",
      "[::ffff:7f00:1]",
      "[0:0:0:0:0:0:0:1]",
      "[::127.0.0.1]",
      "[64:ff9b::7f00:1]",
      "[2002:7f00:1::]",
    ],
    [
      "localhost",
      "LOCALHOST",
      "localhost.",
      "foo.localhost",
      "ⓛocalhost",
      "１２７.０.０.１",
      "127。0。0。1",
      "127．0．0．1",
      "①②⑦.⓪.⓪.①",
    ],
    [
      "user@127.0.0.1",
      "hooks.example.com@127.0.0.1",
      "hooks.example.com%40127.0.0.1",
      "127.0.0.1#@hooks.example.com",
      "127.0.0.1%00.example.com",
    ],
    [
      "169.254.169.254",
      "[fd00:ec2::254]",
      "10.0.0.1",
      "192.168.0.1",
      "172.16.0.1",
      "100.64.0.1",
      "168.63.129.16",
      "metadata.google.internal",
      "router.local",
      "intranet",
    ],
  ]
    .flat()
    .flatMap((host) => [`http://${host}:${port}/`, `https://${host}:${port}/`, `https://${host}/`]);

test("no spelling of an address that is not public is registered or called, and no name in it is resolved", async () => {
  const odd = [
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "ftp://127.0.0.1/",
    "//127.0.0.1/",
    "javascript:1",
    "data:,x",
    "http:127.0.0.1",
    "https:\\\\127.0.0.1\\",
    " https://127.0.0.1",
    "https://[::1",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:25/",
    "https://hooks.example.com:6379/",
    "https://hooks.example.com:80/",
  ];
  const before = [canary.connections(), redirecting.connections()];
  for (const url of [...spellings(canary.port), ...odd]) {
    expect(judgeUrl(url, PRODUCTION), url).toHaveProperty("refused");
    const { settled, asked } = await turn({ url, parcels: 2, resolve: () => ["192.0.9.1"] });
    expect(
      settled.map(({ answer }) => answer),
      url,
    ).toEqual([{ failed: "refused_url" }, { failed: "refused_url" }]);
    expect(asked).toEqual([]);
  }
  expect([canary.connections(), redirecting.connections()]).toEqual(before);
});

const PRIVATE = [
  "127.0.0.1",
  "::1",
  "10.1.2.3",
  "169.254.169.254",
  "192.168.1.1",
  "::ffff:127.0.0.1",
  "fd00::1",
  "fe80::1",
  "0.0.0.0",
  "100.64.0.1",
  "168.63.129.16",
  "64:ff9b::7f00:1",
  "224.0.0.1",
];

test("a name is called only while every address it has is public; no answer means no call", async () => {
  let called = 0;
  const fetchLike = () => Promise.resolve(new Response(null, { status: (called += 1) && 204 }));
  const url = `https://hooks.example.com:${canary.port}/`;
  for (const answer of [
    ...PRIVATE.map((ip) => [ip]),
    ...PRIVATE.map((ip) => ["192.0.9.1", ip]),
    [],
    null,
    ["nonsense"],
    [""],
    ["192.0.9.1 "],
  ]) {
    expect(judgeResolved(answer)).toHaveProperty("refused");
    const { settled } = await turn({ url, parcels: 3, resolve: () => answer, fetchLike });
    expect(settled.map((one) => one.answer)).toEqual(Array.from({ length: 3 }, () => ({ failed: "refused_url" })));
  }
  expect(called).toBe(0);
  const { settled } = await turn({ url, parcels: 1, resolve: () => ["192.0.9.1", "2606:4700::1"], fetchLike });
  expect(settled.map((one) => one.answer)).toMatchObject([{ status: 204 }]);
  expect(called).toBe(1);
});

test("a name that was public at registration and is private later makes no call", async () => {
  const answers = [["192.0.9.1"], ["127.0.0.1"]];
  const resolve = () => answers.shift() ?? ["127.0.0.1"];
  expect(judgeResolved(resolve())).toHaveProperty("ok");
  const before = canary.connections();
  const { settled } = await turn({ url: `https://hooks.example.com:${canary.port}/`, parcels: 4, resolve });
  expect(settled.every(({ answer }) => "failed" in answer && answer.failed === "refused_url")).toBe(true);
  expect(canary.connections()).toBe(before);
});

test("a name that turns private while a slow receiver is being served is asked for again, and no further call is made", async () => {
  let called = 0;
  const fetchLike = () => {
    called += 1;
    now += 3_000; // a receiver that takes its time, within what it is allowed
    return Promise.resolve(new Response(null, { status: 204 }));
  };
  const resolve = () => (now < 6_000 ? ["192.0.9.1"] : ["127.0.0.1"]);
  const { settled, asked } = await turn({
    url: "https://hooks.example.com/",
    parcels: 40,
    slow: true,
    resolve,
    fetchLike,
  });
  expect(settled).toHaveLength(40);
  expect(asked.length).toBeGreaterThan(1);
  expect(called).toBeLessThanOrEqual(8);
  expect(settled.slice(8).every(({ answer }) => "failed" in answer && answer.failed === "refused_url")).toBe(true);
});

test("a redirect is a failure and is never followed, whatever its status", async () => {
  const policy: UrlPolicy = { allowlist: [], allowLoopbackHttp: true };
  const before = canary.connections();
  for (const status of [301, 302, 303, 307, 308]) {
    const { settled } = await turn({ url: `${redirecting.url}/${status}`, parcels: 2, policy });
    expect(settled.map(({ answer }) => answer)).toMatchObject([{ failed: "redirect" }, { failed: "redirect" }]);
  }
  expect(canary.connections()).toBe(before);
  expect(canary.calls).toEqual([]);
});

test("with an allowlist of the operator, only its hosts are resolved or called", async () => {
  const policy: UrlPolicy = { allowlist: ["hooks.example.com"], allowLoopbackHttp: false };
  for (const url of [
    "https://other.example.com/",
    "https://hooks.example.com.evil.example/",
    "https://xhooks.example.com/",
    "https://192.0.9.1/",
  ]) {
    const { settled, asked } = await turn({ url, parcels: 1, policy, resolve: () => ["192.0.9.1"] });
    expect(settled[0]?.answer).toEqual({ failed: "refused_url" });
    expect(asked).toEqual([]);
  }
});

test("an endpoint that hangs is put aside after its first timeout: the rest of its batch is owed as it was", async () => {
  let called = 0;
  const fetchLike = (_url: unknown, init?: RequestInit) =>
    new Promise<Response>((_resolve, reject) => {
      called += 1;
      now += 5_000;
      init?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
    });
  const { settled } = await turn({
    url: "https://hooks.example.com/",
    parcels: 40,
    resolve: () => ["192.0.9.1"],
    fetchLike,
  });
  expect(called).toBe(1); // nobody waits longer for a second connection because this one has four
  const put = settled.filter(({ answer }) => "failed" in answer && answer.failed === "put_aside");
  expect(put).toHaveLength(39);
  expect(put.every(({ attempt }) => attempt === 0)).toBe(true);
}, 15_000);

test("an endpoint that answers 200 and takes its time over it is as slow as one that hangs", async () => {
  let called = 0;
  const fetchLike = () => {
    called += 1;
    now += 1_200; // four at once: each call lasts as long as those beside it
    return Promise.resolve(new Response(null, { status: 200 }));
  };
  const { settled } = await turn({
    url: "https://hooks.example.com/",
    parcels: 12,
    resolve: () => ["192.0.9.1"],
    fetchLike,
  });
  const answers = settled.map(({ answer }) => ("failed" in answer ? answer.failed : answer.status));
  expect(called).toBeLessThanOrEqual(8);
  expect(answers.filter((answer) => answer === "put_aside").length).toBeGreaterThanOrEqual(4);
  expect(settled).toHaveLength(12);
});
