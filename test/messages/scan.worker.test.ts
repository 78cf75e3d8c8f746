/** What a turn of the alarm reads of the outbox, counted by the platform. */
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Sql, SqlBinding, SqlRow } from "../../src/storage/sql.ts";
import { FIRST_SWEEP_MS, MessagesLedger } from "../../src/messages/ledger.ts";
import { newTenant, operator } from "../support/tenant/tenant.ts";

test("a thousand scheduled messages are scanned once, not in every alarm run, and one after them is still found", async () => {
  const tenant = await newTenant();
  const recipient = { minute: 10_000, hour: 10_000, day: 10_000 };
  await operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { limits: { recipient } } });
  const messages = Array.from({ length: 1_000 }, () => ({ to: "+447700900123", purpose: "service", text: "Later", schedule_at: new Date(Date.now() + 86_400_000).toISOString() })); // prettier-ignore
  await tenant.call("POST /v1/messages/batch", { messages });
  const read = await runInDurableObject(tenant.stub(), (_object, state) => {
    let rows = 0;
    const counted: Sql = {
      exec: <Row extends SqlRow>(query: string, ...bindings: SqlBinding[]) => {
        const cursor = state.storage.sql.exec<Row>(query, ...bindings);
        const all = cursor.toArray();
        rows += cursor.rowsRead;
        return Object.assign(all, { toArray: () => all, one: () => all[0]!, rowsWritten: cursor.rowsWritten });
      },
    };
    const [{ newest }] = state.storage.sql.exec<{ newest: string }>(`SELECT max(id) AS newest FROM messages`).toArray() as [{ newest: string }]; // prettier-ignore
    const ledger = new MessagesLedger(counted, newest.slice(0, 14), () => undefined);
    const later = Date.now() + FIRST_SWEEP_MS + 60_000;
    const turn = () => {
      rows = 0;
      const unseen = ledger.unseen("", later - FIRST_SWEEP_MS, 1_000).length;
      return { unseen, next: ledger.nextSweep("", 0).unseen, rows };
    };
    const turns = [turn(), turn()];
    state.storage.sql.exec(`UPDATE messages SET due = NULL WHERE id = ?`, newest);
    const fresh = new MessagesLedger(counted, newest.slice(0, 14), () => undefined); // as after a restart
    return { turns, found: fresh.unseen("", later - FIRST_SWEEP_MS, 1_000).map(({ id }) => id), newest };
  });
  expect(read.turns[0]).toMatchObject({ unseen: 0, next: null });
  expect(read.turns[0]!.rows).toBeGreaterThanOrEqual(1_000);
  expect(read.turns[1]).toMatchObject({ unseen: 0, next: null });
  expect(read.turns[1]!.rows).toBeLessThan(10);
  expect(read.found).toEqual([read.newest]);
});
