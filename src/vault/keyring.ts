/**
 * Root keys, versioned, from the secret `KEYRING`. Only objects are given the keyring, never the doors. A root key
 * wraps each tenant's epoch and index keys in the jurisdiction's KV, and carrier accounts' secrets; it never seals a
 * number.
 */
import { z } from "zod";
import { derive, fromBase64, KEY_BYTES, open, seal } from "../base/seal.ts";
import { weaknessOf } from "../base/weak-key.ts";

/** A sealed value and the version of its root key. */
export type Wrapped = { root: number; sealed: Uint8Array };

const KeyringSecret = z
  .record(z.string().regex(/^[1-9]\d{0,5}$/), z.base64())
  .refine((ring) => Object.keys(ring).length > 0);

/** The root keys of this deployment. */
export class Keyring {
  readonly current: number;
  readonly #roots: ReadonlyMap<number, Uint8Array>;
  readonly #derived = new Map<string, Uint8Array>();

  private constructor(roots: ReadonlyMap<number, Uint8Array>) {
    this.#roots = roots;
    this.current = Math.max(...roots.keys());
  }

  /**
   * Reads the secret: a JSON object of version to 32 bytes in base64. Throws if it is empty, malformed, or has a key
   * that is published or plainly not random (T33), because a service with such a key must not start.
   */
  static parse(secret: string): Keyring {
    const roots = new Map<number, Uint8Array>();
    for (const [version, text] of Object.entries(KeyringSecret.parse(JSON.parse(secret)))) {
      const key = fromBase64(text);
      if (key === null || key.length !== KEY_BYTES) throw new TypeError(`KEYRING: version ${version} is not 32 bytes`);
      const weakness = weaknessOf(key, KEY_BYTES);
      if (weakness !== null) throw new TypeError(`KEYRING: version ${version} is ${weakness}`);
      roots.set(Number(version), key);
    }
    return new Keyring(roots);
  }

  get versions(): number[] {
    return [...this.#roots.keys()].sort((a, b) => a - b);
  }

  /** Seals under the newest root key, for one purpose. */
  wrap(secret: Uint8Array | string, about: string): Wrapped {
    return { root: this.current, sealed: seal(this.#keyFor(this.current, about), secret, about) };
  }

  /** Opens a value sealed by any root key in the ring; null when that version is missing or the bytes do not open. */
  unwrap(wrapped: Wrapped, about: string): Uint8Array | null {
    if (!this.#roots.has(wrapped.root)) return null;
    return open(this.#keyFor(wrapped.root, about), wrapped.sealed, about);
  }

  #keyFor(version: number, about: string): Uint8Array {
    const purpose = `maskline root v1|${about.split("|", 1)[0] ?? ""}`;
    const name = `${version}|${purpose}`;
    let key = this.#derived.get(name);
    if (key === undefined) {
      const root = this.#roots.get(version);
      if (root === undefined) throw new Error("no such root key");
      key = derive(root, purpose);
      this.#derived.set(name, key);
    }
    return key;
  }
}
