/**
 * Values for the examples in the documentation: the form of real ones, about no real person. Numbers are from Ofcom's
 * drama range.
 */
import type { Prefix } from "../base/ids.ts";

const TENANT = "e7m2q4xkb";

/** The tenant of every example. */
export const EXAMPLE_TENANT = `ten_${TENANT}`;

/** An id as this tenant would have it. */
export const exampleId = (prefix: Prefix): string => `${prefix}_${TENANT}001k9mw3v5t8qz2r4x6y7a1b3cd`;

/** A number's token, and the number as an answer shows it. */
export const EXAMPLE_TOKEN = `tok_${TENANT}0g5c8r2w9f4h7j1k6m3n0p5q8s2`;
export const EXAMPLE_NUMBER = { token: EXAMPLE_TOKEN, mask: "+44•••••••23", country: "GB", kind: "drama" };

/** A moment, and one a little later. */
export const EXAMPLE_TIME = "2026-11-02T09:30:00.000Z";
export const EXAMPLE_LATER = "2026-11-02T09:30:01.250Z";
