/**
 * Every page of the operators' console, in the order of the navigation.
 */
import { jobsPages } from "./jobs.tsx";
import { tenantsPages } from "./tenants.tsx";
import type { OperatorPageRow } from "./visit.ts";

export const OPERATOR_PAGES: readonly OperatorPageRow[] = [...tenantsPages, ...jobsPages];
