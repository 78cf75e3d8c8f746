/**
 * A signed head: the statement "this log has n entries and the last one's hash is h", in the form of a C2SP checkpoint
 * (https://c2sp.org/tlog-checkpoint) inside a C2SP signed note (https://c2sp.org/signed-note), signed with Ed25519.
 * Used by the ledger to sign and by the offline verifier to check. Form, key ids and signature are conformant, but the
 * hash is a chain's head, not a Merkle root, so the origin must never be shared with a tree's checkpoints.
 */
import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import type { Head } from "./entry.ts";

/** A signing key. `origin` names both the log and the key, such as `maskline.example/audit/ten_e1234567`. */
export type HeadSigner = { origin: string; privateKey: KeyObject };

export type HeadFault = {
  fault: "malformed_head" | "malformed_key" | "other_key" | "bad_signature";
  detail: string;
};

export type ReadHead = { origin: string; head: Head };

/** Signed note's algorithm byte for Ed25519. */
const ED25519 = 0x01;
/** The DER prefix of the 32 bytes of an Ed25519 public key in a SubjectPublicKeyInfo (RFC 8410, 4). */
const SPKI_PREFIX = Uint8Array.from([0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]);
const NAME = /^[^\s+\p{Cc}]+$/u;
const SIGNATURE_LINE = /^\u2014 ([^\s+]+) (\S+)$/u;
const SIZE = /^(0|[1-9][0-9]{0,15})$/;

/**
 * A signer from the secret's base64 PKCS #8. Throws a TypeError when the key is not Ed25519 or the origin is no key
 * name of a note (empty, spaces, plus signs): a deployment with such a configuration must not start.
 */
export function headSigner(origin: string, pkcs8Base64: string): HeadSigner {
  if (!NAME.test(origin)) throw new TypeError("an audit origin has no spaces and no plus signs");
  if (fromBase64(pkcs8Base64) === null) throw new TypeError("the audit key is not base64");
  const privateKey = createPrivateKey(pem("PRIVATE KEY", pkcs8Base64));
  if (privateKey.asymmetricKeyType !== "ed25519") throw new TypeError("the audit key is not an Ed25519 key");
  return { origin, privateKey };
}

/**
 * The public key as text, `name+id+key` (a note's verifier key): what is published once, and handed to the offline
 * verifier. It contains the origin, so each log has its own text even if logs share one key.
 */
export function publicKeyText(signer: HeadSigner): string {
  const key = rawPublicKey(signer.privateKey);
  return `${signer.origin}+${hex(keyId(signer.origin, key))}+${toBase64(typed(key))}`;
}

/**
 * The signed note of a head. Checks nothing: its caller, `AuditLedger.signedHead`, has compared the head with those
 * signed before. Deterministic, as Ed25519 is (RFC 8032).
 */
export function signHead(head: Head, signer: HeadSigner): string {
  const body = `${signer.origin}\n${head.size}\n${toBase64(fromHex(head.hash))}\n`;
  const signature = sign(null, new TextEncoder().encode(body), signer.privateKey);
  const id = keyId(signer.origin, rawPublicKey(signer.privateKey));
  return `${body}\n\u2014 ${signer.origin} ${toBase64(joined(id, signature))}\n`;
}

/**
 * Reads a signed head without checking its signature, to find its place in a log. Refuses anything but three lines, a
 * blank one and signature lines; extension lines are neither written nor accepted.
 */
export function readHead(note: string): ReadHead | HeadFault {
  const read = parsed(note);
  if (read === null) return { fault: "malformed_head", detail: "it is not a signed head" };
  return { origin: read.origin, head: read.head };
}

/**
 * Verifies a signed head with a public key text: the head, or a fault. Signatures of other keys are ignored, as signed
 * notes require, because a witness may have added one; every signature with our key's name and id must be valid.
 */
export function verifyHead(note: string, publicKey: string): ReadHead | HeadFault {
  const key = parsedKey(publicKey);
  if (key === null) return { fault: "malformed_key", detail: "it is not a public key text, name+id+key" };
  const read = parsed(note);
  if (read === null) return { fault: "malformed_head", detail: "it is not a signed head" };
  if (read.origin !== key.name) {
    return { fault: "other_key", detail: `the head is of ${read.origin}, the key is for ${key.name}` };
  }
  const ours = read.signatures.filter(({ name, id }) => name === key.name && hex(id) === key.id);
  if (ours.length === 0) return { fault: "other_key", detail: "no signature is by this key" };
  const body = new TextEncoder().encode(read.body);
  if (!ours.every(({ signature }) => verify(null, body, key.publicKey, signature))) {
    return { fault: "bad_signature", detail: "the signature does not fit the head" };
  }
  return { origin: read.origin, head: read.head };
}

/** The same public key under another name; a malformed text is returned as it is, and `verifyHead` refuses it. */
export function renamedKey(publicKey: string, name: string): string {
  const key = parsedKey(publicKey);
  return key === null ? publicKey : `${name}+${hex(keyId(name, key.raw))}+${toBase64(typed(key.raw))}`;
}

type NoteSignature = { name: string; id: Uint8Array; signature: Uint8Array };
type Parsed = ReadHead & { body: string; signatures: NoteSignature[] };

function parsed(note: string): Parsed | null {
  const blank = note.indexOf("\n\n");
  if (blank < 0 || !note.endsWith("\n")) return null;
  const body = note.slice(0, blank + 1);
  const [origin, size, root, ...rest] = body.slice(0, -1).split("\n");
  if (origin === undefined || size === undefined || root === undefined || rest.length > 0) return null;
  const hash = fromBase64(root);
  if (!NAME.test(origin) || !SIZE.test(size) || !Number.isSafeInteger(Number(size)) || hash?.length !== 32) return null;
  const signatures: NoteSignature[] = [];
  for (const line of note.slice(blank + 2, -1).split("\n")) {
    const [, name, packed] = SIGNATURE_LINE.exec(line) ?? [];
    const bytes = packed === undefined ? null : fromBase64(packed);
    if (name === undefined || bytes === null || bytes.length < 5) return null;
    signatures.push({ name, id: bytes.slice(0, 4), signature: bytes.slice(4) });
  }
  return { origin, head: { size: Number(size), hash: hex(hash) }, body, signatures };
}

function parsedKey(text: string): { name: string; id: string; raw: Uint8Array; publicKey: KeyObject } | null {
  const [, name, id, packed] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text) ?? [];
  const bytes = packed === undefined ? null : fromBase64(packed);
  if (name === undefined || id === undefined || bytes?.length !== 33 || bytes[0] !== ED25519) return null;
  const raw = bytes.slice(1);
  if (hex(keyId(name, raw)) !== id) return null;
  return { name, id, raw, publicKey: createPublicKey(pem("PUBLIC KEY", toBase64(joined(SPKI_PREFIX, raw)))) };
}

/** The first four bytes of SHA-256(name ‖ newline ‖ algorithm ‖ key): signed note's key id. */
function keyId(name: string, rawKey: Uint8Array): Uint8Array {
  const digest = createHash("sha256").update(`${name}\n`, "utf8").update(typed(rawKey)).digest();
  return Uint8Array.from(digest).slice(0, 4);
}

function pem(label: string, base64: string): string {
  return `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;
}

/** The 32 bytes of a public key: the end of its SubjectPublicKeyInfo. */
function rawPublicKey(privateKey: KeyObject): Uint8Array {
  return Uint8Array.from(createPublicKey(privateKey).export({ format: "der", type: "spki" })).slice(-32);
}

function typed(rawKey: Uint8Array): Uint8Array {
  return joined(Uint8Array.of(ED25519), rawKey);
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** The bytes of standard base64 with padding, in its one canonical spelling; null for anything else. */
function fromBase64(text: string): Uint8Array | null {
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
  return toBase64(bytes) === text ? bytes : null;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
