/**
 * One endpoint: what became of each call with the head of its answer, a test event, and why a signature does not verify.
 */
import { z } from "zod";
import { isRefused, REASONS, type Refusal } from "../../base/refusal.ts";
import { makeNonce } from "../../contract/page.ts";
import { pageOf } from "../../contract/list.ts";
import { DeliveryView, SignatureVerdict } from "../../webhooks/debug.routes.ts";
import { EndpointView, EventView, IssuedEndpointView } from "../../webhooks/webhooks.routes.ts";
import {
  Empty,
  Facts,
  Field,
  Head,
  hrefOf,
  Icon,
  Id,
  Notice,
  Pager,
  State,
  Table,
  Time,
  SecretOnce,
} from "../look/parts.tsx";
import { fieldOf, type PageRow, type Shown, type Visit } from "../visit.ts";

type Endpoint = z.output<typeof EndpointView>;
type Delivery = z.output<typeof DeliveryView>;

const PATH = "/console/webhooks";
const OVERLAP_HOURS = 24;
const Replayed = z.object({ endpoints: z.array(z.string()) });

export const endpointPage: PageRow = {
  path: `${PATH}/{id}`,
  title: "Endpoint",
  scope: "webhooks:manage",
  get: (visit) => one(visit, null),
  post: act,
};

/** What an act on endpoints led to. */
export type Said =
  | { done: string; secret?: string | undefined }
  | { wrong: Refusal }
  | { verdict: z.output<typeof SignatureVerdict> }
  | null;

async function act(visit: Visit): Promise<Shown> {
  const { ask, params, form } = visit;
  const once = fieldOf(form, "once");
  const again = once === undefined ? {} : { once };
  const say = <T,>(outcome: { ok: T } | Refusal, done: string): Promise<Shown> =>
    one(visit, isRefused(outcome) ? { wrong: outcome } : { done });
  switch (form.get("do")) {
    case "test":
      return say(
        await ask("webhooks.test", { params, ...again }, EventView),
        "A test event is on its way; its delivery stands below within seconds.",
      );
    case "replay":
      return say(
        await ask(
          "events.replay",
          { params: { id: fieldOf(form, "event") ?? "" }, body: { endpoint: params["id"] }, ...again },
          Replayed,
        ),
        "The event is sent again.",
      );
    case "enable":
    case "disable": {
      const state = form.get("do") === "enable" ? "active" : "disabled";
      return say(
        await ask("webhooks.change", { params, body: { state } }, EndpointView),
        state === "active" ? "The endpoint is switched on." : "The endpoint is switched off.",
      );
    }
    case "rotate": {
      const body = { overlap_hours: OVERLAP_HOURS };
      const rotated = await ask("webhooks.rotate", { params, body, ...again }, IssuedEndpointView);
      if (isRefused(rotated)) return one(visit, { wrong: rotated });
      return one(visit, {
        done: "The secret is replaced. Calls are signed with both for 24 hours.",
        secret: rotated.ok.secret,
      });
    }
    case "delete": {
      const gone = await ask("webhooks.delete", { params }, z.null());
      return isRefused(gone) ? one(visit, { wrong: gone }) : { goTo: PATH };
    }
    case "check":
      return check(visit);
    default:
      return { goTo: `${PATH}/${params["id"] ?? ""}` };
  }
}

async function check(visit: Visit): Promise<Shown> {
  const { ask, params, form } = visit;
  const body = {
    webhook_id: fieldOf(form, "webhook_id") ?? "",
    webhook_timestamp: fieldOf(form, "webhook_timestamp") ?? "",
    webhook_signature: fieldOf(form, "webhook_signature") ?? "",
    body: (form.get("body") ?? "").replaceAll("\r\n", "\n"), // a form writes its line breaks so
  };
  const verdict = await ask("webhooks.check_signature", { params, body }, SignatureVerdict);
  return one(visit, isRefused(verdict) ? { wrong: verdict } : { verdict: verdict.ok });
}

/** Whether it works, in one word. */
export function Health({ of }: { of: Endpoint }) {
  return <State of={of.state === "disabled" ? "disabled" : of.health.state === "ok" ? "active" : "failing"} />;
}

async function one(visit: Visit, said: Said): Promise<Shown> {
  const { ask, params, query } = visit;
  const { cursor, state } = query;
  const [read, page] = await Promise.all([
    ask("webhooks.get", { params }, EndpointView),
    ask("webhooks.deliveries", { params, query: { limit: "20", cursor, state } }, pageOf(DeliveryView)),
  ]);
  if (isRefused(read)) return read;
  if (isRefused(page)) return page;
  const endpoint = read.ok;
  const path = `${PATH}/${endpoint.id}`;
  return {
    title: "Endpoint",
    ...statusOf(said),
    main: (
      <>
        <p class="crumb">
          <a href={PATH}>Webhooks</a>
        </p>
        <Head title={new URL(endpoint.url).host} says={<bdi class="id">{endpoint.url}</bdi>}>
          <Health of={endpoint} />
        </Head>
        <SaidNotice said={said} />
        {endpoint.health.state === "failing" && endpoint.state === "active" ? <Failing of={endpoint} /> : null}
        <Acts of={endpoint} path={path} />
        <section aria-labelledby="deliveries" class="section">
          <h2 id="deliveries">Deliveries</h2>
          <States path={path} state={state} />
          {page.ok.data.length === 0 ? (
            <Empty icon="inbox" title={state === undefined ? "Nothing was sent here yet" : "None in this state here"}>
              <p>
                {page.ok.next_cursor === null
                  ? "Send a test event to see how it goes."
                  : "None among the newest; older ones may follow."}
              </p>
            </Empty>
          ) : (
            <Deliveries rows={page.ok.data} path={path} />
          )}
          <Pager page={page.ok} path={path} query={{ state, cursor }} what={["delivery", "deliveries"]} />
        </section>
        <CheckForm path={path} said={said} />
      </>
    ),
  };
}

/** The status of a page that tells of a refusal. */
export const statusOf = (said: Said) =>
  said !== null && "wrong" in said ? { status: REASONS[said.wrong.refused].status } : {};

/** What was done, or why not. */
export function SaidNotice({ said }: { said: Said }) {
  if (said === null || "verdict" in said) return null;
  if ("wrong" in said) {
    const { wrong } = said;
    return (
      <Notice tone="bad">
        <strong>{REASONS[wrong.refused].title}.</strong>{" "}
        {wrong.errors?.map(({ detail }) => detail).join(" ") ?? wrong.detail ?? REASONS[wrong.refused].detail}{" "}
      </Notice>
    );
  }
  return (
    <Notice tone="good">
      <strong>{said.done}</strong>
      {said.secret === undefined ? null : <SecretOnce secret={said.secret} />}
    </Notice>
  );
}

function Failing({ of: { health } }: { of: Endpoint }) {
  const last = health.last_failure;
  return (
    <Notice tone="wait">
      <strong>This endpoint fails.</strong> {health.retrying} {health.retrying === 1 ? "event waits" : "events wait"} to
      be tried again, {health.given_up} {health.given_up === 1 ? "was" : "were"} given up.
      {last === null ? null : (
        <>
          {" "}
          Last: {last.result.replaceAll("_", " ")}
          {last.status === null ? "" : `, status ${last.status}`}, <Time at={last.at} />.
        </>
      )}{" "}
      The answers below say why.
    </Notice>
  );
}

function Acts({ of: { id, state, events, created_at }, path }: { of: Endpoint; path: string }) {
  return (
    <section class="card" aria-labelledby="endpoint">
      <h2 id="endpoint">Endpoint</h2>
      <Facts
        of={[
          ["Id", <code class="id">{id}</code>],
          ["Events", events.join(", ")],
          ["Registered", <Time at={created_at} />],
        ]}
      />
      <form class="buttons gap" method="post" action={path}>
        <input type="hidden" name="once" value={makeNonce()} />
        <button type="submit" name="do" value="test">
          <Icon name="send" />
          Send a test event
        </button>
        <button class="quiet" type="submit" name="do" value={state === "active" ? "disable" : "enable"}>
          {state === "active" ? "Switch off" : "Switch on"}
        </button>
        <button class="quiet" type="submit" name="do" value="rotate">
          Replace the secret
        </button>
        <button class="danger" type="submit" name="do" value="delete">
          Delete
        </button>
      </form>
    </section>
  );
}

const STATES = ["waiting", "retrying", "delivered", "given_up"];

function States({ path, state }: { path: string; state: string | undefined }) {
  return (
    <nav class="tabs" aria-label="Deliveries by state">
      {[undefined, ...STATES].map((each) => (
        <a href={hrefOf(path, { state: each })} aria-current={each === state ? "page" : undefined}>
          {each?.replaceAll("_", " ") ?? "all"}
        </a>
      ))}
    </nav>
  );
}

function Deliveries({ rows, path }: { rows: readonly Delivery[]; path: string }) {
  return (
    <Table
      caption="Deliveries"
      rows={rows}
      columns={[
        {
          head: "Event",
          cell: ({ type, id }) => (
            <>
              <strong>{type}</strong>
              <br />
              <Id of={id} />
            </>
          ),
        },
        {
          head: "State",
          cell: ({ state }) => (
            <State of={state} tone={state === "delivered" ? "good" : state === "given_up" ? "bad" : "wait"} />
          ),
        },
        { head: "Happened", opt: true, cell: ({ occurred_at }) => <Time at={occurred_at} /> },
        { head: "Calls", cell: (delivery) => <Calls {...delivery} /> },
        { head: "", cell: ({ id, type }) => <Replay id={id} type={type} path={path} /> },
      ]}
    />
  );
}

function Calls({ attempts, next_attempt_at: next }: Delivery) {
  return (
    <div class="calls">
      {attempts.map((attempt) => (
        <div>
          <span class="small">
            {attempt.attempt}. {attempt.result.replaceAll("_", " ")}
            {attempt.status === null ? "" : ` ${attempt.status}`}
            {attempt.latency_ms === null ? "" : `, ${Math.round(attempt.latency_ms)} ms`}, <Time at={attempt.at} />
          </span>
          {attempt.answer === null ? null : <pre dir="auto">{attempt.answer}</pre>}
        </div>
      ))}
      {next === null ? null : (
        <span class="small soft">
          next try <Time at={next} />
        </span>
      )}
    </div>
  );
}

function Replay({ id, type, path }: { id: string; type: string; path: string }) {
  return (
    <form method="post" action={path}>
      <input type="hidden" name="event" value={id} />
      <input type="hidden" name="once" value={makeNonce()} />
      <button class="quiet slim" type="submit" name="do" value="replay" aria-label={`Send ${type} again`}>
        Again
      </button>
    </form>
  );
}

const VERDICTS: Readonly<Record<string, string>> = {
  malformed_timestamp: "The timestamp is not a number of seconds. Pass the header webhook-timestamp as it came.",
  too_old:
    "The call is older than five minutes. Check your clock; a call that is verified again later always looks so.",
  too_new: "The call is from the future by more than five minutes. Check your clock.",
  malformed_signature: "The signature is not “v1,” and base64. Pass the header webhook-signature as it came.",
  body_changed:
    "We sent this event with another body. It was parsed and written anew before it was checked: verify the bytes as they came.",
  other_endpoint: "It is signed with the secret of another of your endpoints.",
  no_match: "No secret of this endpoint made this signature. Compare the secret you use with the one that was shown.",
};

function CheckForm({ path, said }: { path: string; said: Said }) {
  const verdict = said !== null && "verdict" in said ? said.verdict : null;
  return (
    <section class="card" id="check" aria-labelledby="check-title">
      <h2 id="check-title">Why did my signature fail?</h2>
      <p>Paste the call that your receiver got, before any JSON parser.</p>
      {verdict === null ? null : verdict.valid ? (
        <Notice tone="good">
          <strong>It verifies.</strong> The same bytes and headers should verify in your code too.
        </Notice>
      ) : (
        <Notice tone="bad">
          <strong>It does not verify: {verdict.reason?.replaceAll("_", " ")}.</strong> {VERDICTS[verdict.reason ?? ""]}
        </Notice>
      )}
      <form class="fields" method="post" action={`${path}#check`}>
        {(["webhook_id", "webhook_timestamp", "webhook_signature"] as const).map((name) => (
          <Field id={name} label={name.replaceAll("_", "-")}>
            <input id={name} name={name} required autocomplete="off" spellcheck={false} />
          </Field>
        ))}
        <Field id="body" label="Body">
          <textarea id="body" name="body" required spellcheck={false} />
        </Field>
        <button class="quiet" type="submit" name="do" value="check">
          Check
        </button>
      </form>
    </section>
  );
}
