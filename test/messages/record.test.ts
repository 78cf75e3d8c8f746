import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { messageOfRow, rowOfMessage } from "../../src/messages/records/layout.ts";
import { rowOfVerification, verificationOfRow } from "../../src/verify/record.ts";
import { messageViews, verificationViews } from "../support/rooms/views.ts";

describe("a record read back equals what was recorded", () => {
  test("a message", () => {
    fc.assert(
      fc.property(messageViews, (view) => {
        expect(messageOfRow(rowOfMessage(view, null))).toEqual(view);
      }),
    );
  });

  test("a verification", () => {
    fc.assert(
      fc.property(verificationViews, (view) => {
        expect(verificationOfRow(rowOfVerification(view))).toEqual(view);
      }),
    );
  });
});

test("a record of an unknown layout is refused, not shown in part", () => {
  const [view] = fc.sample(messageViews, 1);
  if (view === undefined) throw new Error("no view");
  const row = rowOfMessage(view, null);
  const places: unknown = JSON.parse(row.record);
  if (!Array.isArray(places)) throw new Error("no array");
  for (const record of ["{}", "[]", JSON.stringify(places.slice(0, -1)), JSON.stringify([...places, 1])])
    expect(() => messageOfRow({ ...row, record })).toThrow();
});
