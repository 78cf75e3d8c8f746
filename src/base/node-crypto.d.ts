/**
 * The few synchronous functions of `node:crypto` this project calls: the runtime has them (nodejs_compat), and its type
 * package leaves them to @types/node, which would also type everything the runtime has not.
 */
declare module "node:crypto" {
  export interface Hmac {
    update(data: string | Uint8Array): Hmac;
    digest(encoding: "base64"): string;
  }
  export function createHmac(algorithm: "sha256", key: Uint8Array): Hmac;
}
