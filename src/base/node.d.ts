/**
 * The few functions of Node's modules that Maskline calls, typed as it calls them: workerd offers them under
 * nodejs_compat (on by default from compatibility date 2026-08-04), but `@cloudflare/workers-types` does not name them.
 * To be deleted on the day `@types/node` joins the toolchain.
 */
declare module "node:crypto" {
  interface Hash {
    update(data: string, encoding: "utf8"): Hash;
    update(data: Uint8Array): Hash;
    digest(encoding: "hex"): string;
    digest(): Uint8Array;
  }
  function createHash(algorithm: "sha256"): Hash;

  interface KeyObject {
    readonly asymmetricKeyType?: string | undefined;
    export(options: { format: "der"; type: "pkcs8" | "spki" }): Uint8Array;
  }
  function createPrivateKey(pem: string): KeyObject;
  function createPublicKey(key: KeyObject | string): KeyObject;
  function generateKeyPairSync(type: "ed25519" | "x25519"): { privateKey: KeyObject; publicKey: KeyObject };
  function sign(algorithm: null, data: Uint8Array, key: KeyObject): Uint8Array;
  function verify(algorithm: null, data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean;
}
