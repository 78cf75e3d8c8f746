/**
 * A text of the inbox as its tenant sees it: the sender by token, never the text.
 */
import { isoOf } from "../base/clock.ts";
import type { Received } from "./ledger.ts";

/** Without the text, which has a verb of its own (`inbound.read`). */
export function receivedView(one: Received) {
  const { id, token, mask, country, name, number, word, at, complete, media, screening } = one;
  return {
    id,
    from: token === null ? null : { token, mask: mask ?? "", country: country ?? "" },
    sender_name: name,
    number_id: number,
    word,
    complete,
    media,
    screening,
    received_at: isoOf(at),
  };
}
export type ReceivedView = ReturnType<typeof receivedView>;
