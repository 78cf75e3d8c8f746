/**
 * Keys that are no secret: printed in standards, test vectors and manuals, or plainly not random. Asked when the service
 * looks at its own configuration and when an operator sets a shared secret. It proves nothing about a key that passes.
 */
import { sha256Hex } from "./seal.ts";

/** SHA-256, its first half, of keys that are published; a list of hashes, so that no scanner takes it for our own keys. */
const PUBLISHED: ReadonlySet<string> = new Set([
  "b93c72b74bc8487d29827005f80d6359", // NIST SP 800-38A, F.1.5
  "7f70dfd819c3c5826700c209d1633eb5", // GCM, test case 15
  "c8ecc9361a05e285f04c26f9572131a6", // RFC 7515, A.1
  "73ec74458059c70cae3f0ade8663fe0d", // RFC 7520, 3.5
  "2cd6f10056d08e10430ad5658b556505", // RFC 7520, 3.6
  "644d50ab64864c20a12b3c4656d46b4a", // RFC 8032, 7.1, test 1
  "3d2d9682cdba529682a152f678e25c6c", // RFC 8032, 7.1, test 2
  "d8eca0cca720d33bf6d9a3e8057053ff", // RFC 8032, 7.1, test 3
  "28024a74943422cca068bb8189df1697", // RFC 8032, 7.1, test 1024
  "918a483206abfc9207f58443b4403c20", // RFC 8032, 7.1, test SHA(abc)
  "cb4f356fd702edb6b91ef2f967fdbc2e", // Wycheproof, AES-GCM, 256 bits
  "59891c96881dfbcf7d2ddc270b7813e6", // a development chain's first account
  "f74e1720b76148810ffaeb4dc46a600c", // Standard Webhooks, the specification
  "640bcf020faf995ff89f2cda6aa82e74", // Standard Webhooks, manuals
]);

/** Why the bytes are no secret, or null when nothing is known against them. Random bytes fail with odds below 10^-10. */
export function weaknessOf(key: Uint8Array, bytesMin: number): string | null {
  if (key.length < bytesMin) return "shorter than it must be";
  if (PUBLISHED.has(sha256Hex(key).slice(0, 32))) return "a published key";
  if (new Set(key).size < Math.min(20, Math.floor(bytesMin * 0.6))) return "not a random key";
  if (key.every((byte) => byte >= 0x20 && byte < 0x7f)) return "text, not random bytes";
  const step = (at: number): number => ((key[at] ?? 0) - (key[at - 1] ?? 0) + 256) % 256;
  if (key.every((_byte, at) => at < 2 || step(at) === step(1))) return "a sequence, not a random key";
  return null;
}

/** Words of placeholders in manuals and of secrets that people make up. Long, so that random letters do not hold one. */
const MADE_UP =
  /password|passw0rd|changeme|change_me|example|placeholder|auth_?token|api_?secret|secret_?key|my_?secret|your_/i;

/**
 * Why a secret that is written in letters and digits is none, or null: too few characters that differ, one piece repeated, a
 * sequence, or made of the words of a placeholder. What a carrier gives out fails with odds below 10^-9.
 */
export function textWeaknessOf(secret: string): string | null {
  const { length } = secret;
  const differ = new Set(secret).size;
  if (differ <= (length >= 32 ? 5 : length >= 16 ? 2 : 1)) return "not random: few of its characters differ";
  if (length >= 12 && hasPeriod(secret)) return "not random: one piece of it is repeated";
  if (length >= 12 && isSequence(secret)) return "a sequence, not a random secret";
  return MADE_UP.test(secret) ? "made up or printed in a manual" : null;
}

/** Whether the text is a piece, at most half of it, again and again. */
function hasPeriod(text: string): boolean {
  for (let period = 1; period <= text.length / 2; period += 1) if (text.startsWith(text.slice(period))) return true;
  return false;
}

/** Whether every character but the first follows the one before it, up or down, where 9 is before a and A. */
function isSequence(text: string): boolean {
  const row = "0123456789abcdefghijklmnopqrstuvwxyz";
  const steps = [...text.toLowerCase()].map((char) => row.indexOf(char));
  const isNext = (at: number, before: number | undefined, by: number): boolean =>
    at >= 0 && (before === undefined || (at - before - by) % row.length === 0);
  const follows = (by: number): boolean => steps.every((at, nth) => isNext(at, steps[nth - 1], by));
  return follows(1) || follows(-1);
}
