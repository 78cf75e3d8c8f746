/**
 * The shapes of masked sessions in the API: bodies and answers.
 */
import { Time } from "../contract/label.ts";
import { z } from "zod";
import { EXAMPLE_LATER, EXAMPLE_NUMBER, EXAMPLE_TIME, exampleId } from "../contract/example.ts";
import { oneLine, Wording } from "../contract/label.ts";
import { NumberView } from "../messages/schemas.ts";
import { INTERACTION_STATES } from "./interaction.ts";
import { PARTICIPANTS_MAX, PARTICIPANTS_MIN, SESSION_STATES, SLIPS, TREATMENTS } from "./session.ts";

/** Two years; a session without an end sets no limit instead. */
const SECONDS_MAX = 63_072_000;
const Seconds = z.int().min(10).max(SECONDS_MAX);

const To = z
  .union([z.string().min(1).max(40), z.strictObject({ token: z.string().min(1).max(64) })])
  .meta({ description: 'A phone number, or `{"token": "tok_…"}`.' });

export const PersonBody = z
  .strictObject({
    to: To,
    name: oneLine(60).optional().meta({ description: "Put before this person's texts in a group. Stored sealed." }),
    number: z.string().max(64).optional().meta({
      description: "The virtual number to assign to this person, by id; a reserved number is assigned only so.",
    }),
    country: z.string().length(2).optional().meta({ description: "Choose among the pool's numbers of this country." }),
    area: z
      .string()
      .regex(/^\+[1-9]\d{1,8}$/, "The beginning of a number in E.164.")
      .optional()
      .meta({ description: "Choose among the pool's numbers with this prefix, such as `+44113` for Leeds." }),
  })
  .meta({ id: "NewParticipant" });
export type PersonBody = z.infer<typeof PersonBody>;

const limits = {
  ttl_seconds: Seconds.nullable().default(null).meta({ description: "Counted from the opening." }),
  expires_at: Time.nullable().default(null),
  idle_seconds: Seconds.nullable().default(null).meta({ description: "Counted from the last text." }),
  max_messages: z.int().min(1).max(1_000_000).nullable().default(null),
};

const Treatment = z.enum(TREATMENTS);
const ContentBody = z
  .strictObject({
    numbers: Treatment.default("pass"),
    emails: Treatment.default("pass"),
    links: Treatment.default("pass"),
    spelled_digits: Treatment.default("pass"),
  })
  .meta({
    id: "SessionContent",
    description:
      "What is done with contact details in relayed texts. `warn` relays them and lists the kinds in the event.",
  });

export const OpenBody = z
  .strictObject({
    participants: z.array(PersonBody).min(PARTICIPANTS_MIN).max(PARTICIPANTS_MAX),
    pool_id: z.string().max(64).optional(),
    ...limits,
    rotation: z
      .strictObject({
        every_seconds: z.int().min(60).max(SECONDS_MAX).nullable().default(null),
        every_messages: z.int().min(1).max(100_000).nullable().default(null),
        overlap_seconds: z.int().min(0).max(2_592_000).default(86_400),
      })
      .prefault({}),
    content: ContentBody.prefault({}),
    keep_text_days: z.int().min(0).max(365).default(0),
    tombstone: Wording.optional(),
  })
  .meta({ id: "NewSession" });
export type OpenBody = z.infer<typeof OpenBody>;

export const ReopenBody = z.strictObject(limits).meta({ id: "ReopenSession" });
export const SpeakBody = z
  .strictObject({
    text: z.string().min(1).max(1_600),
    to: z.array(z.string().max(64)).min(1).max(PARTICIPANTS_MAX).optional(),
  })
  .meta({ id: "SpeakInSession" });

export const ParticipantView = z
  .object({
    id: z.string(),
    to: NumberView,
    name: z.string().nullable(),
    proxy: z
      .object({ number: z.string(), mask: z.string() })
      .meta({ description: "The virtual number this person texts and is texted from: public, shown in full." }),
    state: z.enum(["active", "left"]),
    stopped: z.boolean(),
    joined_at: z.string(),
    left_at: z.string().nullable(),
  })
  .meta({
    id: "Participant",
    examples: [
      {
        id: exampleId("par"),
        to: EXAMPLE_NUMBER,
        name: "Asha",
        proxy: { number: "+447700900871", mask: "+44•••••••71" },
        state: "active",
        stopped: false,
        joined_at: EXAMPLE_TIME,
        left_at: null,
      },
    ],
  });

const NO_ROTATION = { every_seconds: null, every_messages: null, overlap_seconds: 86_400 };
const PASS = { numbers: "pass", emails: "pass", links: "pass", spelled_digits: "pass" } as const;

export const SessionView = z
  .object({
    id: z.string(),
    state: z.enum(SESSION_STATES),
    reason: z.string().nullable(),
    pool_id: z.string(),
    participants: z.array(ParticipantView),
    messages: z.int(),
    ttl_seconds: z.number().nullable(),
    idle_seconds: z.number().nullable(),
    max_messages: z.int().nullable(),
    rotation: z.object({
      every_seconds: z.number().nullable(),
      every_messages: z.int().nullable(),
      overlap_seconds: z.number(),
    }),
    content: z.object(Object.fromEntries(SLIPS.map((slip) => [slip, Treatment]))),
    keep_text_days: z.int(),
    opened_at: z.string(),
    last_activity_at: z.string(),
    expires_at: z.string().nullable(),
    ended_at: z.string().nullable(),
    sequence: z.int(),
  })
  .meta({
    id: "Session",
    examples: [
      {
        id: exampleId("ses"),
        state: "open",
        reason: null,
        pool_id: exampleId("pol"),
        participants: [],
        messages: 0,
        ttl_seconds: 86_400,
        idle_seconds: null,
        max_messages: null,
        rotation: NO_ROTATION,
        content: PASS,
        keep_text_days: 0,
        opened_at: EXAMPLE_TIME,
        last_activity_at: EXAMPLE_TIME,
        expires_at: "2026-11-03T09:30:00.000Z",
        ended_at: null,
        sequence: 1,
      },
    ],
  });

export const InteractionView = z
  .object({
    id: z.string(),
    session_id: z.string(),
    from: z.string().nullable().meta({ description: "The participant; null for a text by the tenant." }),
    state: z.enum(INTERACTION_STATES),
    reason: z.string().nullable(),
    legs: z.array(z.object({ participant: z.string(), message_id: z.string().nullable(), state: z.string() })),
    text: z.string().optional().meta({ description: "Only where the session keeps texts." }),
    created_at: z.string(),
  })
  .meta({
    id: "Interaction",
    examples: [
      {
        id: exampleId("int"),
        session_id: exampleId("ses"),
        from: exampleId("par"),
        state: "relayed",
        reason: null,
        legs: [{ participant: exampleId("par"), message_id: exampleId("msg"), state: "delivered" }],
        created_at: EXAMPLE_LATER,
      },
    ],
  });

/** A session in an event. */
export const EventSession = z.object({ session: SessionView });
/** Refusals when a person is to be assigned a virtual number. */
export const JOINS = [
  "storage_quota_reached",
  "invalid_number",
  "token_unknown",
  "number_kind_refused",
  "country_not_allowed",
  "drama_number_on_live",
  "real_number_in_sandbox",
  "new_numbers_exceeded",
  "pool_unknown",
  "number_unusable",
  "numbers_exhausted",
] as const;
