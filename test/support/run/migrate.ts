/** Brings both databases of a worker test up to the files in migrations/. Runs before each test file. */
import { applyD1Migrations, type D1Migration } from "cloudflare:test";
import { env } from "cloudflare:workers";

const { MIGRATIONS, DB_EU, DB_US } = env as Env & { MIGRATIONS: D1Migration[] };

for (const database of [DB_EU, DB_US]) await applyD1Migrations(database, MIGRATIONS);
