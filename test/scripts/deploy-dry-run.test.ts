// The deployment as far as it goes without an account: plan, production configuration, build.
import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { patience } from "../support/run/patience.ts";

const root = join(import.meta.dirname, "../..");

const dryRun = (settings: Record<string, string>) =>
  spawnSync(process.execPath, ["scripts/deploy.mjs", "--dry-run"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, ...settings },
  });

test(
  "a dry run plans every resource in its jurisdiction and builds what production would serve",
  { timeout: patience(90_000) },
  () => {
    const run = dryRun({
      MASKLINE_PUBLIC_URL: "https://sms.example.com",
      MASKLINE_AUDIT_ORIGIN: "sms.example.com",
      MASKLINE_ACCESS_TEAM: "https://team.cloudflareaccess.com",
      MASKLINE_ACCESS_AUDIENCE: "0123456789abcdef",
    });
    expect([run.status, run.stderr]).toEqual([0, ""]);
    for (const place of ["eu", "us"]) {
      expect(run.stdout).toContain(`d1 create maskline-${place} --jurisdiction ${place}`);
      expect(run.stdout).toContain(`queues create otp-${place} --jurisdiction ${place}`);
      expect(run.stdout.indexOf(`otp-${place}-dead `)).toBeLessThan(run.stdout.indexOf(`otp-${place} `));
    }
    expect(statSync(join(root, ".dev/dry/index.js")).size).toBeGreaterThan(100_000);
    const config = readFileSync(join(root, ".dev/wrangler.deploy.toml"), "utf8");
    expect(config).toContain('DO_JURISDICTIONS = "on"');
    expect(config).toContain('ENVIRONMENT = "production"');
    expect(config).not.toMatch(/KEYRING|ADMIN_TOKEN|DOOR_KEY/);
  },
);

test(
  "the settings that only the operator knows are named where they are missing",
  { timeout: patience(30_000) },
  () => {
    const run = dryRun({ MASKLINE_PUBLIC_URL: "", MASKLINE_ACCESS_TEAM: "", MASKLINE_ACCESS_AUDIENCE: "" });
    const said = run.stdout + run.stderr;
    for (const name of ["MASKLINE_PUBLIC_URL", "MASKLINE_ACCESS_TEAM", "MASKLINE_ACCESS_AUDIENCE"])
      expect(said).toContain(name);
    expect(said).not.toMatch(/ {4}at .+:\d+/);
  },
);
