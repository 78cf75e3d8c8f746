import { describe, expect, it } from "vitest";
import { randomBytes } from "../../src/base/random.ts";
import { toBase64 } from "../../src/base/seal.ts";
import { Keyring } from "../../src/vault/keyring.ts";
import { createTenantKeys, destroyTenantKeys, loadTenantKeys, rootsInKeyStore, saveTenantKeys, type KeyStore, type TenantKeys } from "../../src/vault/tenant-keys.ts"; // prettier-ignore

const key = () => toBase64(randomBytes(32));
const ring = (roots: Record<string, string>) => Keyring.parse(JSON.stringify(roots));
function keyStore(): KeyStore & { values: Map<string, string> } {
  const values = new Map<string, string>();
  return {
    values,
    get: async (name) => values.get(name) ?? null,
    put: async (name, value) => void values.set(name, value),
    delete: async (name) => void values.delete(name),
  };
}

/** Keys as plain bytes: a Buffer and a Uint8Array of the same bytes are the same key. */
const plain = (keys: TenantKeys | null) =>
  keys === null ? null : [keys.epoch, [...keys.epochs].map(([epoch, bytes]) => [epoch, toBase64(bytes)]), toBase64(keys.index)]; // prettier-ignore

describe("the root keys", () => {
  it("wrap under the newest version, by number and not by spelling, and open whatever a version in the ring wrapped", () => {
    const roots = { "2": key(), "10": key(), "9": key() };
    const all = ring(roots);
    expect([all.current, all.versions]).toEqual([10, [2, 9, 10]]);
    const old = ring({ "2": roots["2"], "9": roots["9"] }).wrap("secret", "index|ten_1");
    expect(old.root).toBe(9);
    expect(new TextDecoder().decode(all.unwrap(old, "index|ten_1")!)).toBe("secret");
  });

  it("that are retired open nothing, and no other version opens in their place", () => {
    const roots = { "1": key(), "2": key() };
    const wrapped = ring({ "1": roots["1"] }).wrap("secret", "index|ten_1");
    expect(ring({ "2": roots["2"] }).unwrap(wrapped, "index|ten_1")).toBeNull();
    expect(ring(roots).unwrap({ ...wrapped, root: 2 }, "index|ten_1")).toBeNull();
    expect(ring({ "1": key() }).unwrap(wrapped, "index|ten_1")).toBeNull();
    expect(ring(roots).unwrap(wrapped, "index|ten_2")).toBeNull();
    expect(ring(roots).unwrap(wrapped, "epoch|ten_1|1")).toBeNull();
  });

  it.each([
    ["an empty ring", {}],
    ["a short key", { "1": toBase64(randomBytes(31)) }],
    ["a long key", { "1": toBase64(randomBytes(33)) }],
    ["zeros", { "1": toBase64(new Uint8Array(32)) }],
    ["one byte repeated", { "1": toBase64(new Uint8Array(32).fill(7)) }],
    ["a repeated word", { "1": toBase64(new TextEncoder().encode("changemechangemechangemechangeme")) }],
    ["a published sample among good ones", { "1": key(), "2": toBase64(new TextEncoder().encode("0123456789abcdef0123456789abcdef")) }],
    ["version zero", { "0": key() }],
    ["a version that is no number", { v1: key() }],
    ["a version with a leading zero", { "01": key() }],
    ["a key that is no base64", { "1": "not base64!" }],
  ])("are refused when they are %s, before anything is served", (_, roots) => {
    expect(() => ring(roots as Record<string, string>)).toThrow();
  }); // prettier-ignore

  it("are never in what the refusal says", () => {
    const weak = toBase64(new Uint8Array(32).fill(7));
    let told = "";
    try {
      ring({ "1": weak });
    } catch (error) {
      told = String(error);
    }
    expect(told).toContain("version 1");
    expect(told).not.toContain(weak);
    for (const text of ["", "null", "[]", '"x"', "{"]) expect(() => Keyring.parse(text)).toThrow();
  });
});

describe("a tenant's keys on the keyStore", () => {
  it("are read back as they were made, and lie there wrapped", async () => {
    const [store, roots] = [keyStore(), ring({ "1": key() })];
    const keys = await createTenantKeys(store, roots, "ten_e12345678");
    expect(plain(await loadTenantKeys(store, roots, "ten_e12345678"))).toEqual(plain(keys));
    const text = [...store.values.values()].join();
    for (const secret of [keys.index, ...keys.epochs.values()])
      expect(text).not.toContain(toBase64(secret).slice(0, 20));
    expect(await loadTenantKeys(store, roots, "ten_e87654321")).toBeNull();
  });

  it("moved to another tenant's name do not open", async () => {
    const [store, roots] = [keyStore(), ring({ "1": key() })];
    await createTenantKeys(store, roots, "ten_e12345678");
    store.values.set("tenant-keys/ten_e87654321", store.values.get("tenant-keys/ten_e12345678")!);
    expect(await loadTenantKeys(store, roots, "ten_e87654321")).toBeNull();
  });

  it("change their root without changing, and say which roots they need even where they do not open", async () => {
    const all = { "1": key(), "2": key() };
    const store = keyStore();
    const keys = await createTenantKeys(store, ring({ "1": all["1"] }), "ten_e12345678");
    expect(await rootsInKeyStore(store, "ten_e12345678")).toEqual([1]);
    expect(await loadTenantKeys(store, ring({ "2": all["2"] }), "ten_e12345678")).toBeNull();
    expect(await rootsInKeyStore(store, "ten_e12345678")).toEqual([1]);
    await saveTenantKeys(store, ring(all), "ten_e12345678", keys);
    expect(await rootsInKeyStore(store, "ten_e12345678")).toEqual([2]);
    expect(plain(await loadTenantKeys(store, ring({ "2": all["2"] }), "ten_e12345678"))).toEqual(plain(keys));
  });

  it("that were tampered with are no keys, and a record with anything more or less is refused whole", async () => {
    const [store, roots] = [keyStore(), ring({ "1": key() })];
    await createTenantKeys(store, roots, "ten_e12345678");
    const good = JSON.parse(store.values.get("tenant-keys/ten_e12345678")!);
    const put = (record: unknown) => store.values.set("tenant-keys/ten_e12345678", JSON.stringify(record));
    for (const wrong of [
      { ...good, extra: 1 },
      { ...good, format: 2 },
      { ...good, index: undefined },
      { ...good, epoch: "1" },
      [],
    ]) {
      // prettier-ignore
      put(wrong);
      await expect(loadTenantKeys(store, roots, "ten_e12345678")).rejects.toThrow();
    }
    put({ ...good, epoch: 2 });
    expect(await loadTenantKeys(store, roots, "ten_e12345678")).toBeNull();
    put({ ...good, epochs: { "2": good.epochs["1"] }, epoch: 2 });
    expect(await loadTenantKeys(store, roots, "ten_e12345678")).toBeNull();
  });

  it("destroyed are gone", async () => {
    const [store, roots] = [keyStore(), ring({ "1": key() })];
    await createTenantKeys(store, roots, "ten_e12345678");
    await destroyTenantKeys(store, "ten_e12345678");
    expect([await loadTenantKeys(store, roots, "ten_e12345678"), await rootsInKeyStore(store, "ten_e12345678")]).toEqual([null, []]); // prettier-ignore
  });
});
