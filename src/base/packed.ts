/**
 * Text that is kept for a while, small: what repeats in it is stored once. A batch of a thousand refusals, which are the same but for
 * their number, takes some kilobytes and not half a megabyte.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";

/** Shorter texts are kept as they are: packing them costs more than it saves. */
const PACKED_FROM_CHARS = 1_024;
/** Begins what was packed. JSON never begins so. */
const MARK = "~";

/** The text, packed where that makes it smaller. */
export function pack(text: string): string {
  if (text.length < PACKED_FROM_CHARS && !text.startsWith(MARK)) return text;
  return MARK + deflateRawSync(text).toString("base64");
}

/** The text that was packed, or one that was kept as it is. */
export function unpack(kept: string): string {
  return kept.startsWith(MARK) ? inflateRawSync(Buffer.from(kept.slice(1), "base64")).toString("utf8") : kept;
}
