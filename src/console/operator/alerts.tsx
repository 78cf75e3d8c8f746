/**
 * The operators' alerts, and the on-call service that is told of them.
 */
import type { z } from "zod";
import { AlertView } from "../../alerts/schemas.ts";
import { isRefused, REASONS, type Refusal } from "../../base/refusal.ts";
import { pageOf } from "../../contract/list.ts";
import { IssuedOnCallView, OnCallView } from "../../operator/alerts.routes.ts";
import { AlertCards, alertActOf } from "../look/alerts.tsx";
import { Facts, Field, Head, hrefOf, Notice, Pager, SecretOnce, Time } from "../look/parts.tsx";
import { fieldOf, type Shown } from "../visit.ts";
import { Jurisdictions, Wrong } from "./parts.tsx";
import { jurisdictionOf, type OperatorPageRow, type OperatorVisit } from "./visit.ts";

const PATH = "/console/operator/alerts";

export const alertsPages: OperatorPageRow[] = [
  { path: PATH, title: "Alerts", nav: { group: "Now", icon: "alerts" }, get: (visit) => list(visit, null), post: act },
];

type Said = { secret: string } | { wrong: Refusal } | null;

async function act(visit: OperatorVisit): Promise<Shown> {
  const { ask, form, now } = visit;
  const jurisdiction = jurisdictionOf(form);
  const asked = alertActOf(form, now);
  if (asked !== null) {
    const done = await ask(asked.verb, { params: { id: asked.id }, body: asked.body }, AlertView);
    return isRefused(done) ? done : { goTo: PATH };
  }
  if (form.get("do") !== "on-call") return { goTo: PATH };
  const url = fieldOf(form, "url") ?? "";
  const set = await ask("on_call.set", { body: { jurisdiction, url } }, IssuedOnCallView);
  if (!isRefused(set)) return list(visit, { secret: set.ok.secret });
  return ["missing_scope", "fresh_sign_in_needed"].includes(set.refused) ? set : list(visit, { wrong: set });
}

async function list({ ask, query, form, present }: OperatorVisit, said: Said): Promise<Shown> {
  const jurisdiction = form.has("jurisdiction") ? jurisdictionOf(form) : jurisdictionOf(query);
  const state = query["state"] === "closed" ? "closed" : "open";
  const { cursor } = query;
  const [page, onCall] = await Promise.all([
    ask("alerts.list", { query: { jurisdiction, state, cursor } }, pageOf(AlertView)),
    ask("on_call.get", { query: { jurisdiction } }, OnCallView),
  ]);
  if (isRefused(page)) return page;
  if (isRefused(onCall)) return onCall;
  const wrong = said !== null && "wrong" in said ? said.wrong : null;
  return {
    title: "Alerts",
    ...(wrong === null ? {} : { status: REASONS[wrong.refused].status }),
    main: (
      <>
        <Head
          title="Alerts"
          says="Carriers, stores, the night’s purge and the admin token. Tenants’ own alerts are counted on the page of tenants."
        >
          <Jurisdictions path={PATH} at={jurisdiction} />
        </Head>
        {said !== null && "secret" in said ? (
          <Notice tone="good">
            The on-call service is set.
            <SecretOnce secret={said.secret} />
          </Notice>
        ) : null}
        <Wrong of={wrong} />
        <p>
          <a href={hrefOf(PATH, { jurisdiction, ...(state === "open" ? { state: "closed" } : {}) })}>
            {state === "open" ? "Show closed ones" : "Show open ones"}
          </a>
        </p>
        <AlertCards of={page.ok.data} path={PATH} mayAct={present.role === "operator"} />
        <Pager page={page.ok} path={PATH} query={{ jurisdiction, state, cursor }} what={["alert", "alerts"]} />
        <OnCall of={onCall.ok} jurisdiction={jurisdiction} />
      </>
    ),
  };
}

function OnCall({ of, jurisdiction }: { of: z.output<typeof OnCallView>; jurisdiction: string }) {
  return (
    <section class="card section" aria-labelledby="on-call">
      <h2 id="on-call">On-call service</h2>
      <p>
        Is called when an alert opens, is raised again and closes: signed like webhooks, tried again until it is taken.
        What somebody has taken or silenced is not sent.
      </p>
      <Facts
        of={[
          ["Address", of.url === null ? "none: nobody is called" : <code class="id">{of.url}</code>],
          of.changed_at === null ? null : ["Set", <Time at={of.changed_at} />],
          ["Calls that wait", of.waiting],
        ]}
      />
      <form class="fields gap" method="post" action={PATH}>
        <input type="hidden" name="do" value="on-call" />
        <input type="hidden" name="jurisdiction" value={jurisdiction} />
        <Field id="url" label="New address" hint="Makes a new secret, shown once. Needs a fresh sign-in.">
          <input id="url" name="url" type="url" required autocomplete="off" aria-describedby="url-hint" />
        </Field>
        <button type="submit">Set</button>
      </form>
    </section>
  );
}
