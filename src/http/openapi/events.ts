/**
 * What each type of event carries, for the document's `webhooks`. The catalogue itself is `webhooks/event.ts`.
 */
import { z } from "zod";
import { EXAMPLE_LATER, exampleId } from "../../contract/example.ts";
import { EventConsent } from "../../consent/consents.routes.ts";
import { EventInbound, EventMedia } from "../../inbound/inbound.routes.ts";
import { EventScreened } from "../../quarantine/schemas.ts";
import { EventSession } from "../../masking/schemas.ts";
import { EventMessageView } from "../../messages/schemas.ts";
import { EventVerificationView } from "../../verify/schemas.ts";
import type { EventType } from "../../webhooks/event.ts";
import { EventView } from "../../webhooks/webhooks.routes.ts";

type Family = EventType extends `${infer F}.${string}` ? F : never;

const INTERACTIONS: Readonly<Record<string, string>> = {
  relayed: "A text went through a masked session.",
  vetoed: "A text did not go through: stopped, refused by your hook, or over a limit.",
  out_of_session: "A text came that belongs to no open session.",
};

const VERIFICATION: Record<string, string> = {
  created: "A verification was started.",
  sent: "A carrier has taken a code.",
  approved: "The right code was given.",
  failed: "A verification failed: too many wrong codes, or nothing was sent. `reason` says which.",
  expired: "A verification's time passed.",
  locked: "A destination is locked after wrong codes, or was when the verification started.",
  canceled: "A verification was canceled, or superseded by another.",
};

const DATA: Record<Family, { data: z.ZodType; resource: string; says: (what: string) => string }> = {
  message: {
    data: z.object({ message: EventMessageView }),
    resource: exampleId("msg"),
    says: (state) =>
      state === "unconfirmed"
        ? "A message ended as `sent`: no receipt came in 72 hours. One that comes until 76 hours after the call still makes it `delivered` or `undelivered`, with its own event."
        : `A message entered the state \`${state}\`.`,
  },
  verification: {
    data: z.object({ verification: EventVerificationView }),
    resource: exampleId("ver"),
    says: (what) => VERIFICATION[what] ?? `A verification is ${what}.`,
  },
  consent: {
    data: EventConsent,
    resource: exampleId("con"),
    says: (what) => `A person's consent was ${what}: by text, or told by the tenant.`,
  },
  session: {
    data: EventSession,
    resource: exampleId("ses"),
    says: (what) => `A masked session was ${what}. Names are left out.`,
  },
  interaction: {
    data: z
      .record(z.string(), z.unknown())
      .meta({ examples: [{ interaction: { id: exampleId("int"), state: "relayed" }, slips: [] }] }),
    resource: exampleId("int"),
    says: (what) => INTERACTIONS[what] ?? "A text came through a virtual number.",
  },
  carrier: {
    data: z
      .object({ carrier: z.string(), circuit: z.enum(["closed", "open", "probing"]) })
      .meta({ examples: [{ carrier: exampleId("car"), circuit: "open" }] }),
    resource: exampleId("car"),
    says: (what) =>
      what === "degraded"
        ? "A carrier account takes no messages now; what has another account on its route goes there."
        : "A carrier account takes messages again.",
  },
  inbound: {
    data: EventInbound,
    resource: exampleId("inb"),
    says: () => "A text came in that belongs to no session; its words are read by `GET /v1/inbound/{id}`.",
  },
  number: {
    data: z.record(z.string(), z.unknown()).meta({ examples: [{ pool: exampleId("pol"), free: 2 }] }),
    resource: exampleId("num"),
    says: (what) => (what === "low" ? "A pool runs low." : `A virtual number's state: ${what}.`),
  },
  endpoint: {
    data: z.object({
      endpoint: z.string().meta({ examples: [exampleId("wbh")] }),
      reason: z
        .string()
        .optional()
        .meta({ examples: ["gone"] }),
    }),
    resource: exampleId("wbh"),
    says: (what) =>
      what === "test"
        ? "A test that was asked for: it goes to that endpoint alone, whatever it listens to."
        : "An endpoint was switched off: it answered 410, or failed for too long.",
  },
  budget: {
    data: z
      .object({
        budget: z
          .string()
          .nullable()
          .meta({ description: "Null: of a tenant without any budget, its texts of a day." }),
        name: z.string().nullable(),
        percent: z.int(),
        amount: z.int(),
        currency: z.string(),
        hard: z.boolean(),
        reserved: z.int().optional(),
        spent: z.int().optional(),
      })
      .meta({
        examples: [
          {
            budget: exampleId("bud"),
            name: "Codes of a day",
            percent: 80,
            amount: 50_000_000,
            currency: "GBP",
            hard: true,
            reserved: 76_000,
            spent: 39_950_000,
          },
        ],
      }),
    resource: exampleId("bud"),
    says: () => "So many percent of a budget are reserved or spent. Once for each level and window.",
  },
  audit: {
    data: z.record(z.string(), z.unknown()).meta({ examples: [{ note: "maskline.local/audit/…" }] }),
    resource: exampleId("aud"),
    says: () =>
      "The signed head of the audit, once a day: keep it, and a change of any entry up to it can be detected.",
  },
  alert: {
    data: z.record(z.string(), z.unknown()).meta({ examples: [{ limit: "tenant", window: "day" }] }),
    resource: exampleId("key"),
    says: (kind) => ALERTS[kind] ?? "A limit was reached that ordinary use does not reach.",
  },
};

const SCREENED: (typeof DATA)[Family] = {
  data: EventScreened,
  resource: exampleId("msg"),
  says: () =>
    "Rules of the screening fired on a text: their names and offsets, never words. What became of the text is the verdict.",
};

const MEDIA_DROPPED: (typeof DATA)[Family] = {
  data: EventMedia,
  resource: exampleId("num"),
  says: () => "Pictures or other files came to a virtual number. They were left with the carrier; the words went on.",
};

/** Of their families the events with a body of their own. */
const ALONE: Readonly<Record<string, (typeof DATA)[Family]>> = {
  "inbound.media_dropped": MEDIA_DROPPED,
  "message.screened": SCREENED,
  "inbound.screened": SCREENED,
};

const ALERTS: Readonly<Record<string, string>> = {
  limit:
    "A limit is reached that ordinary use does not reach. `limit` is `naming`, `relay`, `strangers` or `stop_words`. Once an hour for each.",
  verification_failures:
    "More than half of an hour's guesses were wrong: somebody may be guessing codes. Once an hour.",
  sign_in_reset:
    "An operator dropped the tenant's sign-in and ended every session of the console: was it asked for? `data.ended` counts them.",
  job_quarantined:
    "A row of background work failed five times and is left alone: `data.job` is as `GET /v1/failed-jobs` shows it.",
};

/** An event's body as it is sent, and one sentence about it. */
export function eventShape(type: EventType): { body: z.ZodType; says: string } {
  const [family, what = ""] = type.split(".", 2) as [Family, string?];
  const { data, resource, says } = ALONE[type] ?? DATA[family];
  const body = EventView.extend({
    id: z.string().meta({ examples: [exampleId("evt")] }),
    type: z.literal(type),
    resource: z.string().meta({ examples: [resource] }),
    occurred_at: z.string().meta({ examples: [EXAMPLE_LATER] }),
    data,
  });
  return { body, says: says(what) };
}
