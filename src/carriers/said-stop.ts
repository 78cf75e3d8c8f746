/**
 * What a carrier knows of a person's stop: texts to them are refused, or told to be undelivered, with a code that says so. Pure.
 */
import type { Answer, Carrier, Report } from "./carrier.ts";

type Knows = Pick<Carrier, "stopCodes">;

/** The answer, marked where its code says that the person said stop. */
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
