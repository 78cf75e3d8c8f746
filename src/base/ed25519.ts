/**
 * Checks that 32 bytes are an Ed25519 public key that signatures can be verified with (RFC 8032, 5.1). WebCrypto
 * accepts any bytes, and with a point of small order some runtimes, workerd among them, accept forged signatures.
 * Called when a key is set and before it is used. Pure; takes a few milliseconds of big-integer arithmetic.
 */

const P = 2n ** 255n - 19n;
/** The order of the base point: an honest key times this is the identity. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = mod(-121665n * power(121666n, P - 2n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);

/** Extended homogeneous coordinates (RFC 8032, 5.1.4). */
type Point = { x: bigint; y: bigint; z: bigint; t: bigint };
const IDENTITY: Point = { x: 0n, y: 1n, z: 1n, t: 0n };

/**
 * Why the bytes are not a valid key, or null. Refused: not canonical, not on the curve, of small order (the identity
 * included), or with a component of small order, which no correctly generated key has.
 */
export function ed25519KeyFlaw(key: Uint8Array): string | null {
  if (key.length !== 32) return "not 32 bytes long";
  let y = 0n;
  for (const byte of [...key].toReversed()) y = (y << 8n) | BigInt(byte);
  const sign = y >> 255n;
  y &= (1n << 255n) - 1n;
  if (y >= P) return "not written canonically";
  const x = xOf(y, sign);
  if (x === null) return "not a point of the curve";
  const point = { x, y, z: 1n, t: mod(x * y) };
  if (isIdentity(times(point, 8n))) return "a point of small order";
  return isIdentity(times(point, L)) ? null : "a point with a part of small order";
}

/** The x of a y with this sign; null where there is none, and for a zero with a sign. */
function xOf(y: bigint, sign: bigint): bigint | null {
  const u = mod(y * y - 1n);
  const v = mod(D * y * y + 1n);
  const v3 = mod(v * v * v);
  let x = mod(u * v3 * power(u * v3 * v3 * v, (P - 5n) / 8n));
  if (mod(v * x * x - u) !== 0n) x = mod(x * ROOT_OF_MINUS_ONE);
  if (mod(v * x * x - u) !== 0n || (x === 0n && sign === 1n)) return null;
  return (x & 1n) === sign ? x : P - x;
}

function isIdentity({ x, y, z }: Point): boolean {
  return x === 0n && y === z;
}

function times(point: Point, scalar: bigint): Point {
  let sum = IDENTITY;
  for (const bit of scalar.toString(2)) {
    sum = add(sum, sum);
    if (bit === "1") sum = add(sum, point);
  }
  return sum;
}

/** Complete addition on the twisted Edwards curve; also doubles a point. */
function add(p: Point, q: Point): Point {
  const a = mod((p.y - p.x) * (q.y - q.x));
  const b = mod((p.y + p.x) * (q.y + q.x));
  const c = mod(2n * D * p.t * q.t);
  const d = mod(2n * p.z * q.z);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return { x: mod(e * f), y: mod(g * h), z: mod(f * g), t: mod(e * h) };
}

function mod(value: bigint): bigint {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}
