/**
 * What a sender's object may be asked by another, as plain promises of data.
 */
import type { Job, JobReport } from "../carriers/sender/sender.ts";

export type SenderPort = { drive(job: Job): Promise<JobReport>; hold(until: number): Promise<void> };
