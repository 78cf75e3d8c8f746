/**
 * What a text is for: the caller says it of every message, and people say yes or stop to it (CONTRACT: `purpose` belongs to
 * messages and consents).
 */
export const PURPOSES = ["otp", "service", "marketing"] as const;
export type Purpose = (typeof PURPOSES)[number];

/** What a person can say stop to: a code comes because they asked for it, to the number they are proving. */
export const STOPPABLE = ["service", "marketing"] as const satisfies readonly Purpose[];

/** Two lanes, so that a newsletter never stands before a code. */
export const LANES = ["otp", "bulk"] as const;
export type Lane = (typeof LANES)[number];

/** The lane a purpose leaves by. */
export const laneOf = (purpose: Purpose): Lane => (purpose === "otp" ? "otp" : "bulk");
