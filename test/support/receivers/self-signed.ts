/**
 * A certificate that nobody trusts, made for one run: X.509 by hand (RFC 5280), because Node signs but does not issue.
 */
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const inner = Buffer.concat(parts);
  const size = inner.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), inner]);
};
const time = (at: number): Buffer =>
  der(0x18, Buffer.from(`${new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, "")}`));

const ECDSA_SHA256 = der(0x30, Buffer.from("06082a8648ce3d040302", "hex"));
const COMMON_NAME = Buffer.from("0603550403", "hex");
const ALTERNATIVE_NAME = Buffer.from("0603551d11", "hex");

/** A P-256 key and a certificate for the name, signed by itself, in force for a day around now. */
export function selfSigned(name: string): { key: string; cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = der(0x30, der(0x31, der(0x30, COMMON_NAME, der(0x0c, Buffer.from(name)))));
  const now = Date.now();
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_SHA256,
    subject,
    der(0x30, time(now - 43_200_000), time(now + 43_200_000)),
    subject,
    publicKey.export({ format: "der", type: "spki" }),
    der(0xa3, der(0x30, der(0x30, ALTERNATIVE_NAME, der(0x04, der(0x30, der(0x82, Buffer.from(name))))))),
  );
  const whole = der(0x30, body, ECDSA_SHA256, der(0x03, Buffer.from([0]), sign("sha256", body, privateKey)));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    key: String(privateKey.export({ format: "pem", type: "pkcs8" })),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
  };
}
