/**
 * Recognises that a carrier blocks a person who sent STOP: texts to them are refused, or reported undelivered, with a
 * code for it. Pure.
 */
import type { Answer, Carrier, Report } from "./carrier.ts";

type Knows = Pick<Carrier, "stopCodes">;

/** The answer, marked if its code means that the person sent STOP. */
export function markAnswer({ stopCodes }: Knows, answer: Answer): Answer {
  return answer.outcome === "declined" && answer.code === stopCodes?.answer ? { ...answer, saidStop: true } : answer;
}

/** The report, marked in the same way. */
export function markReport({ stopCodes }: Knows, report: Report): Report {
  const { state, code } = report;
  return state === "undelivered" && code !== null && code === stopCodes?.receipt
    ? { ...report, saidStop: true }
    : report;
}
