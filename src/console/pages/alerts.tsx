/**
 * Alerts: what is wrong now in this tenant, and what to do about it.
 */
import { AlertView } from "../../alerts/schemas.ts";
import { isRefused } from "../../base/refusal.ts";
import { pageOf } from "../../contract/list.ts";
import { AlertCards, alertActOf } from "../look/alerts.tsx";
import { Head, hrefOf, Pager } from "../look/parts.tsx";
import type { PageRow, Shown, Visit } from "../visit.ts";

const PATH = "/console/alerts";

export const alertPages: PageRow[] = [
  { path: PATH, title: "Alerts", scope: "alerts:read", nav: { group: "Govern", icon: "alerts" }, get: list, post: act },
];

async function act({ ask, form, now }: Visit): Promise<Shown> {
  const asked = alertActOf(form, now);
  if (asked === null) return { goTo: PATH };
  const done = await ask(asked.verb, { params: { id: asked.id }, body: asked.body }, AlertView);
  return isRefused(done) ? done : { goTo: PATH };
}

async function list({ ask, query, present }: Visit): Promise<Shown> {
  const state = query["state"] === "closed" ? "closed" : "open";
  const { cursor } = query;
  const page = await ask("alerts.list", { query: { state, cursor, limit: "20" } }, pageOf(AlertView));
  if (isRefused(page)) return page;
  const mayAct = present.scopes.includes("*") || present.scopes.includes("alerts:write");
  return {
    title: "Alerts",
    main: (
      <>
        <Head
          title="Alerts"
          says="What is wrong, once, with a count. An alert closes when its cause has ended. A webhook that filters alert.* is told."
        >
          <a class="button quiet" href={hrefOf(PATH, state === "open" ? { state: "closed" } : {})}>
            {state === "open" ? "Closed ones" : "Open ones"}
          </a>
        </Head>
        <AlertCards of={page.ok.data} path={PATH} mayAct={mayAct} />
        <Pager page={page.ok} path={PATH} query={{ state, cursor }} what={["alert", "alerts"]} />
      </>
    ),
  };
}
