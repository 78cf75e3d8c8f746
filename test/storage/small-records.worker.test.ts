// The migration from the tables of before: every record that they held is read and listed as it was.
import { env } from "cloudflare:workers";
import type { D1Migration } from "cloudflare:test";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { MessageView } from "../../src/messages/message.ts";
import { listRecords, readRecord } from "../../src/messages/records/store.ts";
import type { VerificationView } from "../../src/verify/code/verification.ts";
import { listVerifications, readVerification } from "../../src/verify/store.ts";
import { messageViews, verificationViews, VIEWS_OF } from "../support/rooms/views.ts";

const { MIGRATIONS, DB_EU: db, SEED } = env as Env & { MIGRATIONS: D1Migration[]; SEED: string };
const TENANT = `ten_${VIEWS_OF}`;
const LATER = "0003_small_records.sql";

const apply = async (migrations: readonly D1Migration[]) => {
  for (const { queries } of migrations) for (const query of queries) await db.prepare(query).run();
};
const at = MIGRATIONS.findIndex(({ name }) => name === LATER);

/** The database as it was before the migration. */
beforeEach(async () => {
  await db.batch([db.prepare("DROP TABLE IF EXISTS messages"), db.prepare("DROP TABLE IF EXISTS verifications")]);
  await apply(MIGRATIONS.slice(0, at));
});

/** As the version before wrote them. */
async function recordedBefore(messages: readonly MessageView[], verifications: readonly VerificationView[]) {
  const insertOf = (table: string, reference: string) =>
    db.prepare(
      `INSERT INTO ${table}(tenant, id, version, record, state, token${reference}) VALUES(?,?,?,?,?,?${reference === "" ? "" : ",?"})`,
    );
  const columns = (view: MessageView | VerificationView) => [
    TENANT,
    view.id,
    view.sequence,
    JSON.stringify(view),
    view.state,
    view.to.token,
  ];
  await db.batch([
    ...messages.map((view, n) =>
      insertOf("messages", ", reference").bind(...columns(view), n % 2 === 0 ? null : "name"),
    ),
    ...verifications.map((view) => insertOf("verifications", "").bind(...columns(view))),
  ]);
}

const newestFirst = <T extends { id: string }>(views: readonly T[]) => views.toSorted((a, b) => (a.id < b.id ? 1 : -1));

describe("a record that was written in the layout of before", () => {
  const sampled = <T extends { id: string }>(arbitrary: fc.Arbitrary<T>) =>
    fc
      .sample(fc.uniqueArray(arbitrary, { selector: ({ id }) => id, minLength: 100, maxLength: 100 }), {
        numRuns: 1,
        seed: Number(SEED),
      })
      .flat();
  const messages = sampled(messageViews);
  const verifications = sampled(verificationViews);

  test(`is read and listed as it was, whatever was in it (seed ${SEED})`, async () => {
    await recordedBefore(messages, verifications);
    await apply(MIGRATIONS.slice(at, at + 1));
    expect(await listRecords(db, { tenant: TENANT }, 1_000)).toEqual(newestFirst(messages));
    expect(await listVerifications(db, { tenant: TENANT }, 1_000)).toEqual(newestFirst(verifications));
    for (const view of messages) expect(await readRecord(db, TENANT, view.id)).toEqual(view);
    for (const view of verifications) expect(await readVerification(db, TENANT, view.id)).toEqual(view);
  });

  test("is found by its state, its person and its reference", async () => {
    await recordedBefore(messages, verifications);
    await apply(MIGRATIONS.slice(at, at + 1));
    const [one] = messages;
    const [code] = verifications;
    if (one === undefined || code === undefined) throw new Error("nothing sampled");
    const { state, to } = one;
    const ofState = newestFirst(messages.filter((view) => view.state === state));
    expect(await listRecords(db, { tenant: TENANT, state }, 1_000)).toEqual(ofState);
    expect(await listRecords(db, { tenant: TENANT, token: to.token }, 10)).toEqual([one]);
    expect(await listRecords(db, { tenant: TENANT, reference: "name" }, 1_000)).toHaveLength(50);
    expect(await listVerifications(db, { tenant: TENANT, token: code.to.token, state: code.state }, 10)).toEqual([
      code,
    ]);
  });
});
