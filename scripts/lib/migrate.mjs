// Migrates the local D1 databases to the files in migrations/. What was applied is recorded inside the state's folder,
// so that deleting the state deletes the record.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dev, root, run, Trouble } from "./tools.mjs";

export const databases = ["DB_EU", "DB_US"];
export const stateFolder = join(dev, "state");

const note = join(stateFolder, "migrations.json");

/** Applies the missing migrations to the local databases; does nothing when there are none. */
export function migrateLocal() {
  const folder = join(root, "migrations");
  const wanted = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith(".sql"))
        .toSorted()
    : [];
  const applied = existsSync(note) ? JSON.parse(readFileSync(note, "utf8")) : [];
  if (wanted.every((name) => applied.includes(name))) return;

  console.log("Making the local databases …");
  for (const database of databases) {
    const args = ["d1", "migrations", "apply", database, "--local", "--persist-to", stateFolder];
    const { code, output } = run("wrangler", args, { env: { CI: "1" } });
    if (code !== 0)
      throw new Trouble(
        `The local migration of ${database} failed.\n${output}\n` +
          "Expected: each file of migrations/ applies. Correct the newest one, or delete .dev/state to begin with empty data.",
      );
  }
  mkdirSync(stateFolder, { recursive: true });
  writeFileSync(note, JSON.stringify(wanted));
}
