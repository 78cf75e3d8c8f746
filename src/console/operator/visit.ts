/**
 * What a page of the operators' console is. It asks the operators' routes, as the person who visits, and nothing else.
 */
import type { IconName } from "../../look/icons.ts";
import type { OperatorPresent } from "../../rpc/operator.ts";
import type { OperatorAsk, Shown } from "../visit.ts";

/** One visit of an operator to a page. */
export type OperatorVisit = {
  ask: OperatorAsk;
  present: OperatorPresent;
  params: Record<string, string>;
  query: Record<string, string>;
  form: URLSearchParams;
  now: number;
};

/** Names of the groups of the navigation. */
export const OPERATOR_GROUPS = ["Now", "Supply", "Govern"] as const;

/** One page. Every operator sees every page; what an observer may not do its routes refuse. */
export type OperatorPageRow = {
  path: string;
  title: string;
  nav?: { group: (typeof OPERATOR_GROUPS)[number]; icon: IconName };
  get: (visit: OperatorVisit) => Promise<Shown>;
  /** Takes the page's forms. */
  post?: (visit: OperatorVisit) => Promise<Shown>;
};

/** The jurisdiction that a page looks at: its own query says it. */
export const jurisdictionOf = (from: Record<string, string> | URLSearchParams): "eu" | "us" =>
  (from instanceof URLSearchParams ? from.get("jurisdiction") : from["jurisdiction"]) === "us" ? "us" : "eu";
