/**
 * What a tenant sets once for all its masked conversations. Pure.
 */

/** What happens to a text that belongs to no session: an answer from the number dialled, or nothing. It is told as an event in both cases. */
export type MaskingSettings = {
  /** The answer to texts that come after a session's end. */
  tombstone: string;
  /** The answer to a person whose conversation goes on, and who texts a number that they had in it before a rotation. */
  movedNotice: string;
  /** The answer to texts of no session; null: silence. */
  outOfSession: string | null;
  /** What the other side reads when a person has said STOP. */
  stoppedNotice: string;
  /** The answer to HELP. */
  help: string;
  /** The answer to a text with pictures, which stay with the carrier; null: silence. */
  mediaNotice: string | null;
  /** The answer to a person who texts their own lasting number, as in reply to a short code. */
  noReplyNotice: string;
  intercept: Intercept | null;
};

/**
 * The tenant's hook before a relay. `open`: what it does not answer in time is relayed; `closed`: it is not. `notice`: what the
 * people of a session are told before it reads their first text; null: nothing, unless the policy says otherwise.
 */
export type Intercept = {
  url: string;
  onFailure: "open" | "closed";
  secret: Uint8Array;
  notice: string | null;
  /** When it was set: a hook that is set again reads anew. */
  setAt: number;
};

export const SETTINGS_DEFAULT: MaskingSettings = {
  tombstone: "This conversation has ended.",
  movedNotice: "This number is no longer in use. Please text the number that your latest messages came from.",
  outOfSession: null,
  stoppedNotice: "The other person has stopped these texts. They will not get your messages.",
  help: "You are texting through a masked number. Reply STOP to stop these texts.",
  mediaNotice: "Pictures do not go through this number.",
  noReplyNotice: "Replies to this number reach nobody.",
  intercept: null,
};
