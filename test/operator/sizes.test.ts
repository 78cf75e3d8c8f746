import { expect, test } from "vitest";
import { sizesView } from "../../src/operator/sizes.ts";
import type { Size } from "../../src/rpc/operator.ts";

const GB = 1_000_000_000;
const size = (store: Size["store"], bytes: number, id: string | null = null): Size => ({
  store,
  jurisdiction: "eu",
  id,
  bytes,
});

test("a store is told from 70 percent of what the platform bounds it to, and not a byte before", () => {
  const alerts = sizesView([size("d1", 7 * GB), size("operator_object", 7 * GB - 1), size("kv", 50 * GB)]);
  expect(alerts.map(({ store, alert, bytes_max }) => [store, alert, bytes_max])).toEqual([
    ["d1", true, 10 * GB],
    ["operator_object", false, 10 * GB],
    ["kv", false, null],
  ]);
});

test("of tenants' objects the twenty largest are named, and every one that is to be told of", () => {
  const tenants = Array.from({ length: 60 }, (_, n) => size("tenant_object", n < 30 ? 8 * GB : n, `ten_${n}`));
  const shown = sizesView(tenants);
  expect(shown.filter(({ alert }) => alert)).toHaveLength(30);
  expect(shown).toHaveLength(50);
  expect(shown.at(30)?.id).toBe("ten_59");
});

test("the key stores of a jurisdiction are summed", () => {
  expect(sizesView([size("kv", 300), size("kv", 400)]).map(({ bytes }) => bytes)).toEqual([700]);
});
