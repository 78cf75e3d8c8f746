// Every page is small and quick with many records behind it: at most 100 kB and 100 ms of server time. A run has 4,000 messages and
// events; the soak has 100,000 of each, and with `--silent=false` prints the figures.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { ulidTime } from "../../src/base/ids.ts";
import { randomText } from "../../src/base/random.ts";
import { PAGES } from "../../src/console/pages/pages.ts";
import { rowOfMessage } from "../../src/messages/records/layout.ts";
import { MESSAGE_RECORDS } from "../../src/messages/records/store.ts";
import type { MessageView } from "../../src/messages/message.ts";
import { writeRows } from "../../src/storage/records.ts";
import { atSpeed, leastOf, patience } from "../support/run/patience.ts";
import { signedIn, visit, type SignedIn } from "../support/tenant/people.ts";
import { furnish, type Furnished } from "../support/tenant/settled.ts";
import { ask } from "../support/tenant/tenants.ts";

const { SOAK } = env as unknown as { SOAK: string };
const RECORDS = SOAK === "" ? 4_000 : 100_000;
const BYTES_MAX = 100_000;
const MS_MAX = 100;
const STEP = 2_000;

let tenant: Furnished;
let owner: SignedIn;

beforeAll(
  async () => {
    tenant = await furnish("Sizes");
    owner = await signedIn(tenant, "owner");
    const { body } = await ask(`GET /v1/messages/${tenant.things.message}`, { key: tenant.key });
    const sample = body as MessageView & Record<string, unknown>;
    const stem = sample.id.slice(0, 14);
    const now = Date.parse(sample.created_at);
    for (let done = 0; done < RECORDS; done += STEP) {
      const views = Array.from({ length: STEP }, (_, nth) => ({
        ...sample,
        id: `${stem}${ulidTime(now - (done + nth) * 50)}${randomText(16)}`,
      }));
      await writeRows(
        env.DB_EU,
        MESSAGE_RECORDS,
        views.map((each) => rowOfMessage(each, null)),
      );
    }
    const stub = env.TENANTS.get(env.TENANTS.idFromName(`eu:${tenant.id.slice(5)}`));
    await runInDurableObject(stub, (_object, { storage }) => {
      const [newest] = storage.sql
        .exec<{ id: string; at: number }>("SELECT id, at FROM events ORDER BY id DESC LIMIT 1")
        .toArray();
      for (let nth = 1; nth < RECORDS; nth += 1)
        storage.sql.exec(
          "INSERT INTO events(id, sequence, type, resource, at, data) VALUES(?,0,'consent.given',?,?,'{}')",
          `${newest!.id.slice(0, 14)}${ulidTime(newest!.at - nth * 50)}${randomText(16)}`,
          tenant.things.session,
          newest!.at - nth * 50,
        );
    });
  },
  patience(SOAK === "" ? 60_000 : 600_000),
);

const ids = (): Record<string, string> => ({
  "/console/messages/{id}": tenant.things.message,
  "/console/verifications/{id}": tenant.things.verification,
  "/console/conversations/{id}": tenant.things.session,
  "/console/inbox/{id}": tenant.things.inbound,
  "/console/webhooks/{id}": tenant.things.webhook,
  "/console/pools/{id}": tenant.things.pool,
  "/console/tokens/{token}": tenant.things.token,
});

test.each(PAGES.map(({ path }) => path))("%s is at most 100 kB and takes at most 100 ms", async (path) => {
  const address = path.replace(/\{\w+\}/, ids()[path] ?? "none");
  let bytes = 0;
  const limit = atSpeed(MS_MAX);
  const took = await leastOf(async () => {
    const began = performance.now();
    const answer = await visit(address, owner);
    const html = await answer.text();
    expect([path, answer.status]).toEqual([path, 200]);
    bytes = Buffer.byteLength(html);
    return performance.now() - began;
  }, limit);
  if (SOAK !== "") console.log(`${path} ${bytes} bytes ${took.toFixed(1)} ms of ${RECORDS}`);
  expect(bytes).toBeLessThanOrEqual(BYTES_MAX);
  expect(took).toBeLessThanOrEqual(limit);
});
