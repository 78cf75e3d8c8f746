/**
 * A tenant's epoch keys and index key, kept in the jurisdiction's KV: outside the object's storage and D1, where
 * deleted rows can be restored for 30 days. A restored copy of either opens nothing once its epoch key was destroyed.
 */
import { z } from "zod";
import { fromBase64, KEY_BYTES, toBase64 } from "../base/seal.ts";
import { randomBytes } from "../base/random.ts";
import type { Keyring, Wrapped } from "./keyring.ts";

/** The jurisdiction's key store. `put` is durable when it answers; a read elsewhere may lag by a minute. */
export type KeyStore = {
  get(name: string): Promise<string | null>;
  put(name: string, value: string): Promise<void>;
  delete(name: string): Promise<void>;
};

const WrappedRecord = z.strictObject({ root: z.int().positive(), sealed: z.base64() });
const StoredKeys = z.strictObject({
  format: z.literal(1),
  epoch: z.int().positive(),
  epochs: z.record(z.string(), WrappedRecord),
  index: WrappedRecord,
});
type StoredKeys = z.infer<typeof StoredKeys>;

const nameOf = (tenant: string) => `tenant-keys/${tenant}`;
const aboutEpoch = (tenant: string, epoch: number) => `epoch|${tenant}|${epoch}`;
const aboutIndex = (tenant: string) => `index|${tenant}`;

const toRecord = (wrapped: Wrapped) => ({ root: wrapped.root, sealed: toBase64(wrapped.sealed) });

/** The keys in memory, as long as the object is awake. Never written anywhere unsealed. */
export type TenantKeys = { epoch: number; epochs: ReadonlyMap<number, Uint8Array>; index: Uint8Array };

/** Makes a tenant's first epoch key and index key and puts them in the key store. */
export async function createTenantKeys(keyStore: KeyStore, ring: Keyring, tenant: string): Promise<TenantKeys> {
  const keys: TenantKeys = { epoch: 1, epochs: new Map([[1, randomBytes(KEY_BYTES)]]), index: randomBytes(KEY_BYTES) };
  await saveTenantKeys(keyStore, ring, tenant, keys);
  return keys;
}

/** Wraps the keys under the newest root key and puts them in the key store: for a new epoch, and for a new root key. */
export async function saveTenantKeys(
  keyStore: KeyStore,
  ring: Keyring,
  tenant: string,
  keys: TenantKeys,
): Promise<void> {
  const record: StoredKeys = {
    format: 1,
    epoch: keys.epoch,
    epochs: Object.fromEntries(
      [...keys.epochs].map(([epoch, key]) => [String(epoch), toRecord(ring.wrap(key, aboutEpoch(tenant, epoch)))]),
    ),
    index: toRecord(ring.wrap(keys.index, aboutIndex(tenant))),
  };
  await keyStore.put(nameOf(tenant), JSON.stringify(record));
}

/** The keys; null when they are absent or do not open. */
export async function loadTenantKeys(keyStore: KeyStore, ring: Keyring, tenant: string): Promise<TenantKeys | null> {
  const text = await keyStore.get(nameOf(tenant));
  if (text === null) return null;
  const record = StoredKeys.parse(JSON.parse(text));
  const unwrap = (wrapped: z.infer<typeof WrappedRecord>, about: string): Uint8Array | null => {
    const sealed = fromBase64(wrapped.sealed);
    return sealed === null ? null : ring.unwrap({ root: wrapped.root, sealed }, about);
  };
  const epochs = new Map<number, Uint8Array>();
  for (const [epoch, wrapped] of Object.entries(record.epochs)) {
    const key = unwrap(wrapped, aboutEpoch(tenant, Number(epoch)));
    if (key === null) return null;
    epochs.set(Number(epoch), key);
  }
  const index = unwrap(record.index, aboutIndex(tenant));
  if (index === null || !epochs.has(record.epoch)) return null;
  return { epoch: record.epoch, epochs, index };
}

/** The root versions that the stored copy needs, whether or not it opens; empty when there is none. */
export async function rootsInKeyStore(keyStore: KeyStore, tenant: string): Promise<number[]> {
  const text = await keyStore.get(nameOf(tenant));
  if (text === null) return [];
  const { epochs, index } = StoredKeys.parse(JSON.parse(text));
  return [...new Set([...Object.values(epochs), index].map(({ root }) => root))];
}

/** What the tenant's keys take in the key store. */
export async function keyStoreBytes(keyStore: KeyStore, tenant: string): Promise<number> {
  return Buffer.byteLength((await keyStore.get(nameOf(tenant))) ?? "");
}

/** Destroys every key of the tenant. What was sealed under them stays sealed for good. */
export async function destroyTenantKeys(keyStore: KeyStore, tenant: string): Promise<void> {
  await keyStore.delete(nameOf(tenant));
}
