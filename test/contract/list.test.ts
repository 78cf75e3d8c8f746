import { describe, expect, it } from "vitest";
import { z } from "zod";
import { cursorOf, given, mergedPage, numberCursor, pageFrom, readPage } from "../../src/contract/list.ts";
import { parseWith } from "../../src/contract/parse.ts";

const row = (id: string, sequence = 1, state = "live") => ({ id, sequence, state });
const stored = (...rows: ReturnType<typeof row>[]) => rows.map((one) => ({ ...one, state: "stored" }));

describe("a page", () => {
  it("names the next one only where there is one, also when it is exactly full", () => {
    const rows = [row("c"), row("b"), row("a")];
    expect(
      readPage(
        2,
        (asked) => rows.slice(0, asked),
        ({ id }) => id,
      ),
    ).toEqual({ data: ["c", "b"], next_cursor: "b" });
    expect(
      readPage(
        3,
        (asked) => rows.slice(0, asked),
        ({ id }) => id,
      ),
    ).toMatchObject({ next_cursor: null });
    expect(pageFrom([], 5)).toEqual({ data: [], next_cursor: null });
  });
});

describe("a page over the object and the records", () => {
  it("has each row once, newest first, and goes on behind the last one shown", () => {
    const page = mergedPage([row("d"), row("b")], stored(row("c"), row("b"), row("a")), 3);
    expect(page.data.map(({ id }) => id)).toEqual(["d", "c", "b"]);
    expect(page.next_cursor).toBe("b");
  });

  it("shows what the object has where the record is as old or older, and the record where that is newer", () => {
    const shown = (live: number, recorded: number) => mergedPage([row("a", live)], stored(row("a", recorded)), 5).data;
    expect(shown(4, 3)).toMatchObject([{ state: "live" }]);
    expect(shown(3, 3)).toMatchObject([{ state: "live" }]); // whole: the record lacks the caller's own fields
    expect(shown(2, 3)).toMatchObject([{ state: "stored" }]);
  });
});

describe("a cursor", () => {
  const Query = z.strictObject({ cursor: cursorOf("msg") });
  const id = `msg_e12345678${"0".repeat(27)}`;

  it("is an id of the list's own kind, or absent", () => {
    expect(parseWith(Query, { cursor: id })).toEqual({ ok: { cursor: id } });
    expect(parseWith(Query, {})).toEqual({ ok: {} });
  });

  it.each(["", "x", "1", id.replace("msg", "ver"), `${id}0`, id.toUpperCase(), "a".repeat(5_000), "%00"])(
    "%j is refused as a cursor, and not repeated",
    (cursor) => {
      const parsed = parseWith(Query, { cursor });
      expect(parsed).toMatchObject({
        refused: "invalid_cursor",
        errors: [{ field: "cursor", code: "invalid_cursor" }],
      });
      if (cursor.length > 2) expect(JSON.stringify(parsed)).not.toContain(cursor);
    },
  );

  it.each(["-1", "1.5", "1e3", "0x1", " 1", "9".repeat(16)])("of a counted list is digits, not %j", (cursor) => {
    expect(parseWith(z.strictObject({ cursor: numberCursor() }), { cursor })).toMatchObject({
      refused: "invalid_cursor",
    });
  });
});

it("a field without a value is absent, and one that is null, zero or false is not", () => {
  const fields = { a: undefined, b: null, c: 0, d: false, e: "" };
  expect(Object.keys(given(fields))).toEqual(["b", "c", "d", "e"]);
});
