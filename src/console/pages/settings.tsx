/**
 * Settings: what the tenant may do, how long what is kept, its caps, and how full it is, as its operator set them; and the sentences
 * that people of masked conversations are sent, which the tenant changes here.
 */
import type { Child } from "hono/jsx";
import { z } from "zod";
import { isRefused, REASONS, type Outcome, type Refusal } from "../../base/refusal.ts";
import { SettingsView } from "../../masking/settings/settings.routes.ts";
import { PolicyView } from "../../policy/policy.routes.ts";
import { findNumbers } from "../../sms/phone.ts";
import { RECORDS_KEPT_DAYS } from "../../storage/records.ts";
import { Facts, Field, Head, Notice, Table } from "../look/parts.tsx";
import { opens, type PageRow, type Shown, type Visit } from "../visit.ts";

type Policy = z.output<typeof PolicyView>;
type Sentences = z.output<typeof SettingsView>;

const PATH = "/console/settings";

export const settingsPages: PageRow[] = [
  {
    path: PATH,
    title: "Settings",
    scope: "policy:read",
    nav: { group: "Govern", icon: "settings" },
    get: (visit) => show(visit, null),
    post: change,
  },
];

/** The sentences by their field; those that may be silence may be empty. */
const SENTENCES = [
  { field: "tombstone", label: "After a conversation has ended", silent: false },
  { field: "moved_notice", label: "To a number that somebody had before it was changed", silent: false },
  { field: "out_of_session", label: "To a text that belongs to no conversation", silent: true },
  { field: "stopped_notice", label: "When the other person has said STOP", silent: false },
  { field: "help", label: "The answer to HELP", silent: false },
  { field: "media_notice", label: "The answer to pictures", silent: true },
  { field: "no_reply_notice", label: "To a reply that reaches nobody", silent: false },
] as const;

type Said = { done: string } | { wrong: Refusal } | null;

async function change(visit: Visit): Promise<Shown> {
  const { ask, form } = visit;
  if (form.get("do") === "hook_off") {
    const off = await ask("masking.intercept_off", {}, z.null());
    return show(visit, isRefused(off) ? { wrong: off } : { done: "The hook is asked no more." });
  }
  const body = Object.fromEntries(
    SENTENCES.map(({ field, silent }) => {
      const text = form.get(field)?.trim() ?? "";
      return [field, silent && text === "" ? null : text];
    }),
  );
  const changed = await ask("masking.change", { body }, SettingsView);
  return show(visit, isRefused(changed) ? { wrong: changed } : { done: "The sentences are changed." });
}

async function show(visit: Visit, said: Said): Promise<Shown> {
  const { ask, present } = visit;
  const [policy, sentences] = await Promise.all([
    ask("policy.get", {}, PolicyView),
    ask("masking.settings", {}, SettingsView),
  ]);
  if (isRefused(policy)) return policy;
  const wrong = said !== null && "wrong" in said ? said.wrong : null;
  return {
    title: "Settings",
    ...(wrong === null ? {} : { status: REASONS[wrong.refused].status }),
    main: (
      <>
        <Head
          title="Settings"
          says="What this account may do. Caps, retention and countries are your operator’s to change."
        />
        {said !== null && "done" in said ? <Notice tone="good">{said.done}</Notice> : null}
        {wrong === null ? null : (
          <Notice tone="bad">
            <strong>Nothing was changed.</strong>{" "}
            {wrong.errors === undefined
              ? (wrong.detail ?? REASONS[wrong.refused].detail)
              : "Look at the marked sentences."}
          </Notice>
        )}
        <Storage {...policy.ok.storage} />
        <div class="two gap">
          <Caps of={policy.ok.limits} />
          <div class="stack">
            <About of={policy.ok} />
            <Retention {...policy.ok.retention} environment={policy.ok.environment} />
          </div>
        </div>
        <SentencesCard
          read={sentences}
          wrong={wrong}
          typed={wrong === null ? null : visit.form}
          may={opens(present.scopes, { scope: "sessions:write" })}
          mayHook={opens(present.scopes, { scope: "masking:intercept" })}
        />
      </>
    ),
  };
}

const count = (value: number): string => value.toLocaleString("en-GB");
const megabytes = (bytes: number): string => `${count(Math.round(bytes / 1_000_000))} MB`;

/** How full the account is: at 80 percent it is told, at 100 nothing more is taken. */
function Storage({ used, quota }: Policy["storage"]) {
  const rows = [
    ["Records of messages and verifications", used.records, quota.records, count],
    ["Storage of this account", used.bytes, quota.bytes, megabytes],
  ] as const;
  const full = Math.max(...rows.map(([, now, most]) => (most === 0 ? 1 : now / most)));
  return (
    <section class="card" aria-labelledby="storage">
      <h2 id="storage">Usage</h2>
      {full < 0.8 ? null : (
        <Notice tone={full < 1 ? "wait" : "bad"}>
          {full < 1
            ? "More than 80 percent are used. Ask your operator for a larger quota before it is full."
            : "The quota is used up: nothing more is accepted. What ends, withdraws, revokes or reads goes on."}
        </Notice>
      )}
      <ul class="plain funnel">
        {rows.map(([name, now, most, told]) => (
          <li>
            <span class="soft small">{name}</span>
            <strong class="figure">{told(now)}</strong>
            <span class="soft small">of {told(most)}</span>
            <progress max={Math.max(1, most)} value={Math.min(now, Math.max(1, most))} aria-hidden="true" />
          </li>
        ))}
      </ul>
    </section>
  );
}

function About({ of }: { of: Policy }) {
  const list = (all: readonly string[]): Child => (all.length === 0 ? <span class="soft">none</span> : all.join(", "));
  return (
    <section class="card" aria-labelledby="about">
      <h2 id="about">This account</h2>
      <Facts
        of={[
          ["Id", <code class="id">{of.tenant}</code>],
          ["Environment", of.environment],
          ["Jurisdiction", of.jurisdiction === "eu" ? "European Union" : "United States"],
          ["Countries", list(of.countries)],
          ["Kinds of number", list(of.kinds)],
          [
            "Own sender",
            of.senders.own === null ? <span class="soft">none; the carrier chooses</span> : <bdi>{of.senders.own}</bdi>,
          ],
          ["Parts at most", of.segments_max],
          ["Hook before relays", of.intercept.replaceAll("_", " ")],
        ]}
      />
    </section>
  );
}

const kept = (days: number): string => (days === 0 ? "not at all" : `${days} days`);

function Retention({
  text_days,
  notes_days,
  forget_numbers_after_days,
  environment,
}: Policy["retention"] & Pick<Policy, "environment">) {
  return (
    <section class="card" aria-labelledby="retention">
      <h2 id="retention">How long what is kept</h2>
      <Facts
        of={[
          ["Texts sent", kept(text_days)],
          ["References and metadata", kept(notes_days)],
          ["Numbers", `${forget_numbers_after_days} days after their last use`],
          ["Records", `${RECORDS_KEPT_DAYS[environment]} days, without numbers and words`],
        ]}
      />
    </section>
  );
}

/** What is counted before each act; a cap of numbers by hour and day has no minute. */
function Caps({ of: limits }: { of: Policy["limits"] }) {
  const { naming } = limits;
  const rows = [
    { name: "To one number", ...limits.recipient },
    { name: "To one block of a thousand numbers", ...limits.block },
    { name: "By one key", ...limits.key },
    { name: "By the whole account", ...limits.tenant },
    { name: "To your own country", ...limits.country.home },
    { name: "To each other country", ...limits.country.abroad },
    { name: "Different numbers, by one key", minute: null, hour: naming.key_hour, day: limits.numbers_per_key_per_day },
    ...(naming.tenant === null ? [] : [{ name: "Different numbers, by the account", minute: null, ...naming.tenant }]),
  ];
  const cell = (value: number | null) => (value === null ? <span class="soft">–</span> : count(value));
  return (
    <section class="card" aria-labelledby="caps">
      <h2 id="caps">Texts at most</h2>
      <p>What goes beyond is refused with 429, and is told once by an event.</p>
      <Table
        caption="Caps"
        rows={rows}
        columns={[
          { head: "Cap", cell: ({ name }) => name },
          { head: "A minute", num: true, cell: ({ minute }) => cell(minute) },
          { head: "An hour", num: true, cell: ({ hour }) => cell(hour) },
          { head: "A day", num: true, cell: ({ day }) => cell(day) },
        ]}
      />
    </section>
  );
}

type SentencesProps = {
  read: Outcome<Sentences>;
  wrong: Refusal | null;
  /** What was typed, where it was refused; a sentence may hold no number, so none comes back by it. */
  typed: URLSearchParams | null;
  may: boolean;
  mayHook: boolean;
};

function SentencesCard({ read, wrong, typed, may, mayHook }: SentencesProps) {
  if (isRefused(read)) return null;
  const now = read.ok;
  return (
    <section class="card" aria-labelledby="sentences">
      <h2 id="sentences">What people are sent</h2>
      <p>
        In masked conversations, from the number they texted, each at most once a day. Empty is silence where it may be.
      </p>
      {may ? (
        <form class="fields" method="post" action={PATH}>
          {SENTENCES.map(({ field, label, silent }) => {
            const told = wrong?.errors?.find((error) => error.field === field)?.detail;
            return (
              <Field id={field} label={silent ? `${label} (may be empty)` : label} wrong={told}>
                <input
                  id={field}
                  name={field}
                  maxlength={300}
                  required={!silent}
                  dir="auto"
                  autocomplete="off"
                  value={echo(typed?.get(field) ?? null) ?? now[field] ?? ""}
                  aria-invalid={told === undefined ? undefined : "true"}
                  aria-describedby={told === undefined ? undefined : `${field}-wrong`}
                />
              </Field>
            );
          })}
          <button type="submit">Change</button>
        </form>
      ) : (
        <Facts of={SENTENCES.map(({ field, label }) => [label, sentence(now[field])] as const)} />
      )}
      {now.intercept === null ? null : <Hook {...now.intercept} may={mayHook} />}
    </section>
  );
}

/** What was typed, unless it holds a number: no page repeats one. */
const echo = (text: string | null): string | null => (text === null || findNumbers(text).length > 0 ? null : text);
const sentence = (text: string | null): Child =>
  text === null ? <span class="soft">silence</span> : <bdi>{text}</bdi>;

function Hook({ url, on_failure, notice, may }: NonNullable<Sentences["intercept"]> & { may: boolean }) {
  return (
    <div class="gap">
      <Notice tone="wait">
        <strong>A hook reads what people write to each other.</strong> It is asked before every text is passed on.
      </Notice>
      <Facts
        of={[
          ["Asked", <bdi class="id">{url}</bdi>],
          ["Where it does not answer", on_failure === "open" ? "the text goes on" : "the text does not go on"],
          ["People are told", sentence(notice)],
        ]}
      />
      {may ? (
        <form method="post" action={PATH} class="gap">
          <button class="danger" type="submit" name="do" value="hook_off">
            Ask the hook no more
          </button>
        </form>
      ) : null}
    </div>
  );
}
