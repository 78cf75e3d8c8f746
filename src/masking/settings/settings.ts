/**
 * What a tenant sets once for all its masked conversations. Pure.
 */

/** Sentences that people are sent from the number they dialled, and the hook. */
export type MaskingSettings = {
  /** The answer to texts that come after a session's end. */
  tombstone: string;
  /** The answer to a person whose conversation goes on, and who texts a number that they had in it before a rotation. */
  movedNotice: string;
  /** The answer to texts of no session; null: none. An event is emitted in either case. */
  outOfSession: string | null;
  /** What the other participants are sent when a person has texted STOP. */
  stoppedNotice: string;
  /** The answer to HELP. */
  help: string;
  /** The answer to a text with pictures, which are not relayed; null: none. */
  mediaNotice: string | null;
  /** The answer to a person who texts their own lasting number, as in reply to a short code. */
  noReplyNotice: string;
  intercept: Intercept | null;
};

/**
 * The tenant's hook before a relay. `open`: a text without an answer in time is relayed; `closed`: it is not. `notice`: what the
 * people of a session are sent before the hook reads their first text; null: nothing, unless the policy demands a notice.
 */
export type Intercept = {
  url: string;
  onFailure: "open" | "closed";
  secret: Uint8Array;
  notice: string | null;
  /** When it was set: after a new setting, audit entry and notice are repeated for each session. */
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
