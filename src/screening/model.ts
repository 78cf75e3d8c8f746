/**
 * A small linear model over the signals of a text: how likely a scam it is, from 0 to 100. Each signal adds its weight once, so the
 * score is the sum that anybody can add up. It holds nothing by itself (docs/screening.md). Pure.
 */
import { BIAS, WEIGHTS } from "./model-weights.ts";
import type { Signals } from "./signals.ts";

const isFeature = (name: string): name is keyof typeof WEIGHTS => Object.hasOwn(WEIGHTS, name);

/** The signals that have a weight, in the order of their weights. */
export const FEATURES: readonly (keyof typeof WEIGHTS)[] = Object.keys(WEIGHTS).filter(isFeature);

/** The score of a text, by its signals. */
export function scoreOf(signals: Signals): number {
  let sum = BIAS;
  for (const name of signals.keys()) if (isFeature(name)) sum += WEIGHTS[name];
  return Math.round(100 / (1 + Math.exp(-sum)));
}
