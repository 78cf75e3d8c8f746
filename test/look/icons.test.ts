// The pages' icons are those of the package that is named in the lock file, and nothing was drawn by hand.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { iconsFile, iconsSource } from "../../scripts/lib/icons.mjs";

it("src/look/icons.ts is what scripts/lib/icons.mjs writes", async () => {
  expect(readFileSync(iconsFile, "utf8")).toBe(await iconsSource());
});
