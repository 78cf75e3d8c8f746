// Ways to run a test: `node` for pure rules, laws and faults driven from outside; `workers` for what lives in the
// platform's own runtime (objects, D1, KV, queues); `browser` for pages of the built Worker in a real Chromium. A file's
// name chooses: *.worker.test.ts runs in workerd, *.browser.test.ts drives the browser.
import { generateKeyPairSync, randomInt } from "node:crypto";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { localSwitches } from "../scripts/lib/secrets.mjs";
import { LongestFirst } from "./support/run/order.ts";
import { measureSlowness } from "./support/run/speed.ts";

/** Measured once a run, before anything else: it scales every bound by which a test gives up waiting. */
const slowness = Number(process.env["MASKLINE_SLOWNESS"] ?? measureSlowness());
const provide = { slowness };
const atSpeed = (milliseconds: number): number => Math.ceil(milliseconds * slowness);

const root = `${import.meta.dirname}/../`;
const faults = ["test/faults/**/*.test.ts", "test/recipes/**/*.test.ts"]; // both drive the built Worker from outside
const browser = "test/**/*.browser.test.ts";

export default defineConfig({
  root,
  test: {
    sequence: { sequencer: LongestFirst },
    silent: "passed-only", // the service logs a line a request; only a failing test shows its own
    projects: [
      {
        test: {
          name: "node",
          testTimeout: atSpeed(20_000), // statistics and properties take seconds on a busy machine
          hookTimeout: atSpeed(60_000),
          root,
          provide,
          include: ["test/**/*.test.ts"],
          maxWorkers: 2, // as many as cores that the suite is made for; vitest would leave one free
          exclude: ["test/**/*.worker.test.ts", ...faults, browser],
        },
      },
      {
        test: {
          name: "faults",
          root,
          provide,
          include: faults,
          globalSetup: ["./test/support/run/global-setup.ts"],
          testTimeout: atSpeed(240_000),
          hookTimeout: atSpeed(60_000),
          maxWorkers: 2, // they wait more than they work
        },
      },
      {
        test: {
          name: "browser",
          root,
          provide,
          include: [browser],
          globalSetup: ["./test/support/run/global-setup.ts"],
          testTimeout: atSpeed(60_000),
          hookTimeout: atSpeed(60_000),
          fileParallelism: false,
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: `${root}wrangler.toml` },
            miniflare: {
              bindings: {
                MIGRATIONS: await readD1Migrations(`${root}migrations`),
                ...localSwitches,
                ...testSecrets(),
                SOAK: process.env["MASKLINE_SOAK"] ?? "",
                SEED: process.env["SEED"] ?? String(randomInt(1, 2 ** 31)),
              },
            },
          })),
        ],
        test: {
          name: "workers",
          testTimeout: atSpeed(30_000), // a whole law over every route takes seconds on a busy machine
          hookTimeout: atSpeed(60_000),
          root,
          provide,
          include: ["test/**/*.worker.test.ts"],
          maxWorkers: 2,
          setupFiles: ["./test/support/run/migrate.ts"],
        },
      },
    ],
  },
});

/** Secrets made for one run: nothing in a test depends on their value. */
function testSecrets(): Record<string, string> {
  const random = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");
  return {
    KEYRING: JSON.stringify({ "1": random() }),
    DOOR_KEY: random(),
    AUDIT_KEY: generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "der" }).toString("base64"),
    ADMIN_TOKEN: `mka_${random().replace(/[^a-zA-Z0-9]/g, "")}`,
  };
}
