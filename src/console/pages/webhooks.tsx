/**
 * Webhooks: the endpoints with their health, and a new one.
 */
import { isRefused } from "../../base/refusal.ts";
import { makeNonce } from "../../contract/page.ts";
import { pageOf } from "../../contract/list.ts";
import { EVENT_FAMILIES } from "../../webhooks/event.ts";
import { EndpointView, IssuedEndpointView } from "../../webhooks/webhooks.routes.ts";
import { Empty, Field, Head, Icon, Table, Time } from "../look/parts.tsx";
import { fieldOf, type PageRow, type Shown, type Visit } from "../visit.ts";
import { endpointPage, Health, SaidNotice, statusOf, type Said } from "./endpoint.tsx";

const PATH = "/console/webhooks";

export const webhookPages: PageRow[] = [
  {
    path: PATH,
    title: "Webhooks",
    scope: "webhooks:manage",
    nav: { group: "Build", icon: "webhooks" },
    get: (visit) => list(visit, null),
    post: create,
  },
  endpointPage,
];

async function create(visit: Visit): Promise<Shown> {
  const { ask, form } = visit;
  const once = fieldOf(form, "once");
  const body = { url: fieldOf(form, "url") ?? "", events: form.getAll("event") };
  const made = await ask("webhooks.create", { body, ...(once === undefined ? {} : { once }) }, IssuedEndpointView);
  return isRefused(made)
    ? list(visit, { wrong: made })
    : list(visit, { done: "The endpoint is registered.", secret: made.ok.secret });
}

async function list(visit: Visit, said: Said): Promise<Shown> {
  const page = await visit.ask("webhooks.list", {}, pageOf(EndpointView));
  if (isRefused(page)) return page;
  return {
    title: "Webhooks",
    ...statusOf(said),
    main: (
      <>
        <Head title="Webhooks" says="Where events are sent as they happen, signed by Standard Webhooks." />
        <SaidNotice said={said} />
        {page.ok.data.length === 0 ? (
          <Empty icon="webhooks" title="No endpoint yet">
            <p>Register one below, and it hears of every message from then on.</p>
          </Empty>
        ) : (
          <Table
            caption="Endpoints"
            rows={page.ok.data}
            columns={[
              {
                head: "Address",
                cell: ({ url, id }) => (
                  <a href={`${PATH}/${id}`} class="id">
                    <bdi>{url}</bdi>
                  </a>
                ),
              },
              { head: "State", cell: (endpoint) => <Health of={endpoint} /> },
              { head: "Events", cell: ({ events }) => <span class="small">{events.join(", ")}</span> },
              { head: "Tried again", num: true, cell: ({ health }) => health.retrying },
              { head: "Given up", num: true, opt: true, cell: ({ health }) => health.given_up },
              { head: "Last failure", cell: ({ health }) => <Time at={health.last_failure?.at ?? null} /> },
            ]}
          />
        )}
        <NewEndpoint />
      </>
    ),
  };
}

function NewEndpoint() {
  return (
    <section class="card" aria-labelledby="new">
      <h2 id="new">A new endpoint</h2>
      <p>It must answer within seconds with 2xx. Its signing secret is shown once.</p>
      <form class="fields" method="post" action={PATH}>
        <input type="hidden" name="once" value={makeNonce()} />
        <Field id="url" label="Address" hint="https, on the public internet.">
          <input
            id="url"
            name="url"
            type="url"
            required
            placeholder="https://hooks.example.com/maskline"
            aria-describedby="url-hint"
          />{" "}
        </Field>
        <fieldset>
          <legend>Events</legend>
          <div class="checks">
            {["*", ...EVENT_FAMILIES.map((family) => `${family}.*`)].map((event) => (
              <label class="check">
                <input type="checkbox" name="event" value={event} checked={event === "message.*"} />
                {event === "*" ? "everything" : <code>{event}</code>}
              </label>
            ))}
          </div>
        </fieldset>
        <button type="submit">
          <Icon name="plus" />
          Register
        </button>
      </form>
    </section>
  );
}
