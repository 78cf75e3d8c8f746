import { expect, test } from "vitest";
import { isOpaque } from "../../src/carriers/reference.ts";

test("a carrier's id is kept in the forms that carriers use, and nothing that could say a number or a word", () => {
  const kept = [
    "SM9f1c0f2ab4e94d0c8e0f5d2b7a6c3e11",
    "40385f64-5717-4562-b3fc-2c963f66afa6",
    "0A0000000123ABCD1",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "msg_ezmp85e73001m8an39zx5j5xjtzkyprek46a",
    "0A0000000123ABCD1,0A0000000123ABCD2",
  ];
  const dropped = [
    "",
    "447700900123",
    "+447700900123",
    "r-447700900123",
    "sent to 07700900123",
    "palimpsest",
    "ok",
    "0A0000000123ABCD1,447700900123",
    `${"0A0000000123ABCD1,".repeat(40)}0A0000000123ABCD1`,
    "deadbeef",
  ];
  expect(kept.filter((id) => !isOpaque(id))).toEqual([]);
  expect(dropped.filter(isOpaque)).toEqual([]);
});
