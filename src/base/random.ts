/**
 * Random characters for ids and secrets. This project never uses `Math.random`: every random value, jitter included,
 * comes from the platform's secure generator.
 */

/** Crockford's base 32 in lower case: no i, l, o or u, so that an id can be read aloud without mistakes. */
export const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

const POOL_BYTES = 4_096;
let pool = new Uint8Array(0);
let used = 0;

/**
 * `length` random bytes; drawn from a pool filled 4 KiB at a time, because one draw per id would cost more than the
 * rest of making it.
 */
export function randomBytes(length: number): Uint8Array {
  if (length > POOL_BYTES) return crypto.getRandomValues(new Uint8Array(length));
  if (used + length > pool.length) {
    pool = crypto.getRandomValues(new Uint8Array(POOL_BYTES));
    used = 0;
  }
  const bytes = pool.slice(used, used + length);
  pool.fill(0, used, used + length);
  used += length;
  return bytes;
}

/** `length` characters of five random bits each (26 characters hold 130 bits, 32 hold 160). */
export function randomText(length: number): string {
  const bytes = randomBytes(length);
  let text = "";
  for (const byte of bytes) text += ALPHABET.charAt(byte & 31);
  return text;
}

/** A random fraction in [0, 1), for jitter. */
export function randomFraction(): number {
  const [a = 0, b = 0, c = 0, d = 0] = randomBytes(4);
  return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) / 2 ** 32;
}
