/**
 * What becomes an alert of operators, and their verbs for alerts.
 */
import type { Alert } from "../alerts/alert.ts";
import type { Noted } from "../carriers/courier/watch.ts";
import type { CourierPort } from "../rpc/courier.ts";
import type { Operating, OperatorVerbName, OperatorVerbTable, Size } from "../rpc/operator.ts";
import type { OperatorAlerts } from "./alerts.ts";
import { isFilling } from "./sizes.ts";

/** A courier's anomaly, or its circuit, opens an alert and closes it. */
export function tellCarrier(alerts: OperatorAlerts, { account: about, act, facts }: Noted): void {
  if (act === "carrier.alert") {
    const of = { type: "alert.carrier" as const, about, part: partOf(facts) };
    if (facts["state"] === "raised") alerts.raise({ ...of, facts });
    else alerts.close(of);
  }
  if (act !== "carrier.circuit") return;
  const of = { type: "alert.circuit" as const, about };
  if (facts["state"] === "open") alerts.raise({ ...of, facts });
  if (facts["state"] === "closed") alerts.close(of);
}

const partOf = (facts: Readonly<Record<string, unknown>>): string =>
  `${String(facts["lane"])} ${String(facts["kind"])}`;

/** Whether the courier still sees what the alert is about; null where time alone tells, and while the courier cannot be asked it holds. */
export async function carrierStillIll(
  courier: (account: string) => CourierPort,
  alert: Alert,
): Promise<boolean | null> {
  if (alert.type !== "alert.carrier" && alert.type !== "alert.circuit") return null;
  try {
    const health = await courier(alert.about).health();
    if (health === null) return false;
    if (alert.type === "alert.circuit") return health.circuit.state !== "closed";
    return health.alerts.some(({ lane, kind }) => partOf({ lane, kind }) === partOf(alert.facts));
  } catch {
    return true;
  }
}

/** Stores that fill up. */
export function tellFull(alerts: OperatorAlerts, found: readonly (readonly Size[] | null)[]): void {
  for (const size of found.flatMap((sizes) => sizes ?? [])) {
    if (!isFilling(size)) continue;
    const { store, jurisdiction, id, bytes } = size;
    alerts.raise({ type: "alert.storage", about: id ?? `${store} ${jurisdiction}`, facts: { store, bytes } });
  }
}

type AlertsVerbs = Extract<OperatorVerbName, `alerts.${string}` | `on_call.${string}`>;

/** The verbs about alerts; each is one transaction. */
export function alertsVerbsOf(
  of: () => OperatorAlerts,
  transaction: <T>(act: () => T) => T,
): Pick<OperatorVerbTable, AlertsVerbs> {
  const run = async <T>(act: (alerts: OperatorAlerts) => T): Promise<T> => transaction(() => act(of()));
  const acts = <T>(who: Operating, act: (acts: ReturnType<OperatorAlerts["acts"]>) => T) =>
    run((alerts) => act(alerts.acts(who)));
  return {
    "alerts.list": (who, input) => acts(who, ({ list }) => list(input)),
    "alerts.acknowledge": (who, { id }) => acts(who, ({ acknowledge }) => acknowledge(who.id, id)),
    "alerts.silence": (who, input) => acts(who, ({ silence }) => silence(who.id, input)),
    "on_call.get": () => run((alerts) => ({ ok: alerts.onCall() })),
    "on_call.set": (who, { url }) => run((alerts) => ({ ok: alerts.setOnCall(who, url) })),
    "on_call.remove": (who) => run((alerts) => ({ ok: { removed: alerts.removeOnCall(who) } })),
  };
}
