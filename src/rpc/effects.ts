/**
 * What a transaction leaves to do outside the object once it is durable: jobs for the queues and endpoints to wake.
 */
import type { Task } from "../carriers/sender/sender.ts";
import type { Lane } from "../sms/purpose.ts";

/** Ids for one lane and account: to be sent, or for another task of a sender. */
export type Dispatch = { account: string; lane: Lane; ids: string[]; task?: Task };

/** Ids with the same name may share a queue message. */
export const jobName = ({ lane, account, task }: Omit<Dispatch, "ids">): string => `${lane} ${account} ${task}`;

/**
 * What must happen outside once the transaction is durable: queue messages, by lane and account, and endpoints to wake.
 */
export type Effects = { dispatch: Dispatch[]; wake: string[] };

/** Whether there is nothing to do. */
export const isEmpty = ({ dispatch, wake }: Effects): boolean => dispatch.length + wake.length === 0;

/** Nothing to do outside. */
export const NO_EFFECTS: Effects = { dispatch: [], wake: [] };
