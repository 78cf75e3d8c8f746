// A service's secrets, and the file that keeps them on a developer's machine. Values are written only to files of mode
// 0600 or to a tool's stdin; never to a screen, a log or an argument list.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./tools.mjs";

export const devVarsFile = join(root, ".dev.vars");

/** Settings for local development; wrangler.toml has those of production. */
export const localSwitches = { ENVIRONMENT: "local", DO_JURISDICTIONS: "off" };

const key = () => randomBytes(32).toString("base64");

/** Generates each secret. ADMIN_TOKEN is for local development; in production operators sign in through Access. */
export const makers = {
  KEYRING: () => JSON.stringify({ 1: key() }),
  DOOR_KEY: key,
  AUDIT_KEY: () =>
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "der" }).toString("base64"),
  ADMIN_TOKEN: () => `mka_${randomBytes(32).toString("base64url")}`,
};

/** A new root key under the next version number, and that number. */
export function withNewRoot(keyring) {
  const version = String(Math.max(...Object.keys(keyring).map(Number)) + 1);
  return { version, keyring: { ...keyring, [version]: key() } };
}

/** The keyring without one root version. */
export function withoutRoot(keyring, version) {
  return Object.fromEntries(Object.entries(keyring).filter(([each]) => each !== version));
}

/** The variables of `.dev.vars`. */
export function readDevVars() {
  if (!existsSync(devVarsFile)) return {};
  const lines = readFileSync(devVarsFile, "utf8").matchAll(/^([A-Z_]+)=(['"]?)(.*)\2$/gm);
  return Object.fromEntries([...lines].map(([, name, , value]) => [name, value]));
}

/** Writes `.dev.vars`, readable by its owner only. */
export function writeDevVars(vars) {
  const lines = Object.entries(vars).map(([name, value]) => `${name}='${value}'\n`);
  writePrivate(
    devVarsFile,
    `# Made by scripts/setup.mjs for this machine only. Not for production.\n${lines.join("")}`,
  );
}

/** Writes a file that only its owner may read. */
export function writePrivate(file, text) {
  writeFileSync(file, text, { mode: 0o600 });
  chmodSync(file, 0o600);
}
