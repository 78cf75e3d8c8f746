// The bill of materials and the advisory check, from the lock file alone.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { billOf, compareVersions, findingsOf, isAffected, packagesOf } from "../../scripts/lib/sbom.mjs";

type Lock = {
  name: string;
  version: string;
  packages: Record<string, { version?: string; integrity?: string; dev?: boolean }>;
};
const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lock;
const committed = JSON.parse(readFileSync("scripts/advisories.json", "utf8")) as unknown[];
const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: Record<string, string> };

const folder = mkdtempSync(join(tmpdir(), "maskline-sbom-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, value: unknown) => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
};
const run = (...args: string[]) =>
  spawnSync(process.execPath, ["scripts/sbom.mjs", "--out", join(folder, "out.json"), ...args], { encoding: "utf8" });

describe("the bill of materials", () => {
  const bill = billOf(lock);
  const byRef = new Map(bill.components.map((component) => [component["bom-ref"], component]));

  it("has every package of the lock file once for each version, with its hash, and is the same each time", () => {
    const wanted = new Set(packagesOf(lock).map(({ name, version }) => `${name}@${version}`));
    const had = bill.components.map(
      ({ group, name, version }) => `${group === undefined ? "" : `${group}/`}${name}@${version}`,
    );
    expect(new Set(had)).toEqual(wanted);
    expect(had).toHaveLength(wanted.size);
    for (const { hashes, purl } of bill.components) expect(hashes?.[0]?.content, purl).toMatch(/^[0-9a-f]{128}$/);
    expect(JSON.stringify(billOf(lock))).toBe(JSON.stringify(bill));
    expect(bill.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("tells what is deployed from what is for development only", () => {
    for (const [name, version] of Object.entries(dependencies)) {
      const ref = `pkg:npm/${name.split("/").map(encodeURIComponent).join("/")}@${version}`;
      expect(byRef.get(ref)?.scope, ref).toBe("required");
    }
    const scopes = new Map(bill.components.map(({ name, scope }) => [name, scope]));
    expect([scopes.get("vitest"), scopes.get("prettier")]).toEqual(["excluded", "excluded"]);
  });

  it("every edge of the graph leads to a component, and what is deployed needs nothing that is not", () => {
    for (const { ref, dependsOn } of bill.dependencies) {
      for (const on of dependsOn) {
        expect(byRef.has(on), `${ref} → ${on}`).toBe(true);
        if (byRef.get(ref)?.scope === "required") expect(byRef.get(on)?.scope, `${ref} → ${on}`).not.toBe("excluded");
      }
    }
  });
});

describe("the advisory check", () => {
  it("finds nothing of the committed list in the lock file", () => {
    expect(findingsOf(lock, committed)).toEqual([]);
    expect(run()).toMatchObject({ status: 0, stdout: expect.stringContaining("None of ") });
  });

  it("finds each of the committed list in a lock file with a version before its fix", () => {
    const old = { hono: "4.6.4", esbuild: "0.24.2", vitest: "3.0.4", jose: "4.15.4" };
    const packages = Object.fromEntries(
      Object.entries(old).map(([name, version]) => [`node_modules/a/node_modules/${name}`, { version }]),
    );
    const bad = { name: "bad", version: "1.0.0", packages: { "": {}, ...packages } };
    const found = run("--lock", file("bad.json", bad));
    expect(found.status).toBe(1);
    expect(found.stdout.match(/^FOUND /gm)).toHaveLength(committed.length);
    expect(found.stdout).toContain("jose 4.15.4 at node_modules/a/node_modules/jose; fixed in 4.15.5.");
  });

  it("takes a file of one's own in place of the committed one, and says what it cannot read", () => {
    const record = {
      id: "TEST-1",
      affected: [{ package: { ecosystem: "npm", name: "zod" }, versions: [dependencies["zod"]] }],
    };
    expect(run("--advisories", file("one.json", record))).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("FOUND TEST-1: zod"),
    });
    expect(run("--advisories", file("gone.json", { ...record, withdrawn: "2026-01-01T00:00:00Z" })).status).toBe(0);
    expect(
      run(
        "--advisories",
        file("py.json", {
          ...record,
          affected: [{ ...record.affected[0], package: { ecosystem: "PyPI", name: "zod" } }],
        }),
      ).status,
    ).toBe(0);
    for (const args of [
      ["--advisories", join(folder, "none.json")],
      ["--advisories", file("bad-record.json", [{}])],
      ["--nonsense"],
    ])
      expect(run(...args)).toMatchObject({ status: 2, stdout: "" });
  });

  it.each([
    ["0.9.0", true],
    ["1.2.2", true],
    ["1.2.3-rc.1", true],
    ["1.2.3", false],
    ["1.9.9", false],
    ["2.0.0", true],
    ["2.1.0", true],
    ["2.1.1", false],
  ])("version %s of two ranges: %s", (version, affected) => {
    const ranges = [
      { type: "SEMVER", events: [{ introduced: "0" }, { fixed: "1.2.3" }] },
      { type: "SEMVER", events: [{ last_affected: "2.1.0" }, { introduced: "2.0.0" }] },
    ];
    expect(isAffected(version, { ranges })).toBe(affected);
  });

  it("orders versions as Semantic Versioning does", () => {
    const ordered = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.10", "1.2.0", "10.0.0"]; // prettier-ignore
    for (const [at, version] of ordered.entries())
      for (const [other, than] of ordered.entries())
        expect(compareVersions(version, than), `${version} ${than}`).toBe(Math.sign(at - other));
    expect(compareVersions("1.0.0+a", "1.0.0+b")).toBe(0);
  });
});
