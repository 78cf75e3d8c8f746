/**
 * Signatures as an attacker writes them, for the classes of Wycheproof's JSON Web Signature cases (C2SP/wycheproof, whose
 * vectors no package of ours carries): PKCS #1 paddings and DER that a lazy reader would take, signatures that are no
 * number of the key, and ECDSA's edges. Made with the key itself, so that only the one fault stands between each and a yes.
 */
import type { JWK } from "jose";

export type Forged = { name: string; signature: Buffer };

const bigOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex") || "0"}`);
const numberOf = (text: string | undefined): bigint => bigOf(Buffer.from(text ?? "", "base64url"));
const bytesOf = (value: bigint, length: number): Buffer =>
  Buffer.from(value.toString(16).padStart(length * 2, "0"), "hex");

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** One DER value; `length` and the rest may lie. */
type Node = { name: string; tag: number; content: Buffer | Node[] };

function derOf(
  { tag, content }: Node,
  changes: Map<string, (whole: Buffer, inner: Buffer) => Buffer>,
  path = "",
): Buffer {
  const inner = Array.isArray(content)
    ? Buffer.concat(content.map((child) => derOf(child, changes, `${path}/${child.name}`)))
    : content;
  const whole = Buffer.concat([Buffer.from([tag, inner.length]), inner]);
  return changes.get(path)?.(whole, inner) ?? whole;
}

const SHA256 = Buffer.from("608648016503040201", "hex");

const digestInfo = (digest: Buffer, oid = SHA256): Node => ({
  name: "",
  tag: 0x30,
  content: [
    { name: "algorithm", tag: 0x30, content: [
      { name: "oid", tag: 0x06, content: oid },
      { name: "null", tag: 0x05, content: Buffer.alloc(0) },
    ] },
    { name: "digest", tag: 0x04, content: digest },
  ],
}); // prettier-ignore

const join = (...parts: (Buffer | number[])[]): Buffer => Buffer.concat(parts.map((part) => Buffer.from(part)));

/** What may be wrong with the writing of one value. */
const LIES: Record<string, (whole: Buffer, inner: Buffer) => Buffer> = {
  "a long length": (whole, inner) => join([whole[0]!, 0x81, inner.length], inner),
  "a length with a leading zero": (whole, inner) => join([whole[0]!, 0x82, 0, inner.length], inner),
  "a length one too large": (whole, inner) => join([whole[0]!, inner.length + 1], inner),
  "a length one too small": (whole, inner) => join([whole[0]!, Math.max(0, inner.length - 1)], inner),
  "a length past 32 bits": (whole, inner) => join([whole[0]!, 0x85, 1, 0, 0, 0, inner.length], inner),
  "a length past 64 bits": (whole, inner) => join([whole[0]!, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, inner.length], inner),
  "a length of 2^31": (whole, inner) => join([whole[0]!, 0x84, 0x80, 0, 0, 0], inner),
  "a length of 2^64-1": (whole, inner) => join([whole[0]!, 0x88, ...Array<number>(8).fill(0xff)], inner),
  "a length that is cut": (whole, inner) => join([whole[0]!, 0x82, 0], inner),
  "no end": (whole, inner) => join([whole[0]!, 0x80], inner),
  "an open end": (whole, inner) => join([whole[0]!, 0x80], inner, [0, 0]),
  "an end with a value": (whole, inner) => join([whole[0]!, 0x80], inner, [0, 1, 0]),
  "its tag alone": (whole) => join([whole[0]!]),
  "itself missing": () => Buffer.alloc(0),
  "an empty value": (whole) => join([whole[0]!, 0]),
  "zeros behind": (whole, inner) => join([whole[0]!, inner.length + 2], inner, [0, 0]),
  "zeros before": (whole, inner) => join([whole[0]!, inner.length + 2], [0, 0], inner),
  "a NULL behind": (whole, inner) => join([whole[0]!, inner.length + 2], inner, [5, 0]),
  "garbage behind": (whole, inner) => join([whole[0]!, inner.length + 5], inner, [0x24, 1, 2, 3, 4]),
  "garbage before": (whole, inner) => join([whole[0]!, inner.length + 4], [0x24, 2, 0x77, 0x80], inner),
  "an unknown tag behind": (whole, inner) => join([whole[0]!, inner.length + 6], inner, [0xaa, 0, 0xbb, 0, 0xcd, 0]),
  "a high tag behind": (whole, inner) => join([whole[0]!, inner.length + 4], inner, [0xbf, 0x7f, 0, 0]),
  "the constructed form": (whole, inner) => join([whole[0]! ^ 0x20, inner.length], inner),
  "itself within itself": (whole) => join([whole[0]!, whole.length], whole),
  "a NULL instead": () => Buffer.from([5, 0]),
  "tag 0": (_whole, inner) => join([0, inner.length], inner),
  "tag 255": (_whole, inner) => join([255, inner.length], inner),
  "the next tag": (whole, inner) => join([whole[0]! + 1, inner.length], inner),
  "a context tag": (_whole, inner) => join([0xa0, inner.length], inner),
  "its last byte cut": (whole, inner) => join([whole[0]!, Math.max(0, inner.length - 1)], inner.subarray(0, -1)),
  "its first byte cut": (whole, inner) => join([whole[0]!, Math.max(0, inner.length - 1)], inner.subarray(1)),
  "its first byte changed": (whole, inner) => join([whole[0]!, inner.length], [(inner[0] ?? 1) ^ 1], inner.subarray(1)),
  "its last byte changed": (whole, inner) => join([whole[0]!, inner.length], inner.subarray(0, -1), [(inner.at(-1) ?? 1) ^ 0x80]),
}; // prettier-ignore

/** EMSA-PKCS1-v1_5 as RFC 8017 9.2 has it, around anything; the padding fills what is left. */
const padded = (info: Buffer, length: number): Buffer =>
  join([0, 1], Buffer.alloc(Math.max(0, length - 3 - info.length), 0xff), [0], info);

/** Encoded messages that are not the one right one. */
function encodedMessages(digest: Buffer, length: number): { name: string; em: Buffer }[] {
  const right = derOf(digestInfo(digest), new Map());
  const made: { name: string; em: Buffer }[] = [];
  for (const path of ["", "/algorithm", "/algorithm/oid", "/algorithm/null", "/digest"]) {
    for (const [lie, write] of Object.entries(LIES)) {
      const info = derOf(digestInfo(digest), new Map([[path, write]]));
      if (!info.equals(right)) made.push({ name: `DigestInfo${path} with ${lie}`, em: padded(info, length) });
    }
  }
  const em = padded(right, length);
  const changed = (at: number, to: number) => join(em.subarray(0, at), [to], em.subarray(at + 1));
  const zeroAt = length - right.length - 1;
  const others: Record<string, Buffer> = {
    "block type 0": changed(1, 0),
    "block type 2": changed(1, 2),
    "a first byte of 1": changed(0, 1),
    "padding of zeros": join([0, 1], Buffer.alloc(zeroAt - 2), [0], right),
    "a padding byte changed first": changed(2, 0xfe),
    "a padding byte changed last": changed(zeroAt - 1, 0xfe),
    "a padding byte of zero": changed(20, 0),
    "no separator": changed(zeroAt, 0xff),
    "no padding and garbage behind": join([0, 1, 0], right, Buffer.alloc(length - 3 - right.length, 0x5a)),
    "eight bytes of padding and garbage behind": join([0, 1], Buffer.alloc(8, 255), [0], right, Buffer.alloc(length - 11 - right.length, 0x5a)),
    "padding and zeros behind": join([0, 1], Buffer.alloc(zeroAt - 66, 255), [0], right, Buffer.alloc(64)),
    "the digest bare": padded(digest, length),
    "no NULL and no lengths mended": padded(join([0x30, 47, 0x30, 11, 6, 9], SHA256, [4, 32], digest), length),
    "another hash's name": padded(derOf(digestInfo(digest, Buffer.from("608648016503040203", "hex")), new Map()), length),
    "MD5's name": padded(derOf(digestInfo(digest, Buffer.from("2a864886f70d0205", "hex")), new Map()), length),
    "another digest": padded(derOf(digestInfo(Buffer.alloc(32, 7)), new Map()), length),
    "all zeros": Buffer.alloc(length),
  }; // prettier-ignore
  return [...made, ...Object.entries(others).map(([name, one]) => ({ name, em: one }))];
}

/** RSASSA-PKCS1-v1_5 signatures with the private key over messages encoded wrongly, and numbers that are no signature. */
export function forgedRsa(key: JWK, digest: Buffer): { right: Buffer; forged: Forged[] } {
  const n = numberOf(key.n);
  const d = numberOf(key.d);
  const length = Buffer.from(key.n ?? "", "base64url").length;
  const sign = (em: Buffer) => bytesOf(power(bigOf(em), d, n), length);
  const right = sign(padded(derOf(digestInfo(digest), new Map()), length));
  const s = bigOf(right);
  const forged = encodedMessages(digest, length).map(({ name, em }) => ({ name, signature: sign(em) }));
  const numbers: Record<string, Buffer> = {
    "the number 0": Buffer.alloc(length),
    "the number 1": bytesOf(1n, length),
    "the modulus": bytesOf(n, length),
    "the modulus less one": bytesOf(n - 1n, length),
    "itself and the modulus": bytesOf(s + n, length + 1).subarray((s + n) >> BigInt(length * 8) === 0n ? 1 : 0),
    "its negative": bytesOf(n - s, length),
    "a zero before": join([0], right),
    "a zero behind": join(right, [0]),
    "its last byte cut": right.subarray(0, -1),
    "its first byte cut": right.subarray(1),
    "its bytes reversed": Buffer.from(right).reverse(),
    nothing: Buffer.alloc(0),
  };
  return { right, forged: [...forged, ...Object.entries(numbers).map(([name, signature]) => ({ name, signature }))] };
}

/** The order of P-256's group (FIPS 186-5). */
const P256_ORDER = BigInt("0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

/** ES256 signatures that a lazy verifier takes, made from a right one; its twin (r, n - s) is a right one too and is not here. */
export function forgedEs256(right: Buffer): Forged[] {
  const r = right.subarray(0, 32);
  const s = right.subarray(32);
  const value = (each: bigint) => bytesOf(each, 32);
  const integer = (each: Buffer) => (each[0]! >= 0x80 ? join([2, 33, 0], each) : join([2, 32], each));
  const der = join(integer(r), integer(s));
  const edges: [string, bigint][] = [
    ["0", 0n],
    ["1", 1n],
    ["n", P256_ORDER],
    ["n - 1", P256_ORDER - 1n],
    ["n + 1", P256_ORDER + 1n],
    ["2^256 - 1", (1n << 256n) - 1n],
  ];
  return [
    ...edges.flatMap(([a, x]) => edges.map(([b, y]) => ({ name: `r ${a}, s ${b}`, signature: join(value(x), value(y)) }))),
    ...edges.flatMap(([a, x]) => [
      { name: `s ${a}`, signature: join(r, value(x)) },
      { name: `r ${a}`, signature: join(value(x), s) },
    ]),
    { name: "in DER", signature: join([0x30, der.length], der) },
    { name: "swapped", signature: join(s, r) },
    { name: "r alone", signature: Buffer.from(r) },
    { name: "cut", signature: right.subarray(0, -1) },
    { name: "a zero behind", signature: join(right, [0]) },
    { name: "a zero before each half", signature: join([0], r, [0], s) },
    { name: "of P-384's length", signature: join(Buffer.alloc(16), r, Buffer.alloc(16), s) },
    { name: "nothing", signature: Buffer.alloc(0) },
  ]; // prettier-ignore
}
