/**
 * The calls that other objects may make to a sender's object, as plain promises of data.
 */
import type { Job, JobReport } from "../carriers/sender/sender.ts";

export type SenderPort = { drive(job: Job): Promise<JobReport>; hold(until: number): Promise<void> };
