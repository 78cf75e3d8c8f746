/**
 * Every page of the operators' console, in the order of the navigation.
 */
import { alertsPages } from "./alerts.tsx";
import { auditPages } from "./audit.tsx";
import { carriersPages } from "./carriers.tsx";
import { healthPages } from "./health.tsx";
import { jobsPages } from "./jobs.tsx";
import { numbersPages } from "./numbers.tsx";
import { peoplePages } from "./people.tsx";
import { tenantsPages } from "./tenants.tsx";
import type { OperatorPageRow } from "./visit.ts";

export const OPERATOR_PAGES: readonly OperatorPageRow[] = [
  ...tenantsPages,
  ...alertsPages,
  ...jobsPages,
  ...healthPages,
  ...carriersPages,
  ...numbersPages,
  ...peoplePages,
  ...auditPages,
];
