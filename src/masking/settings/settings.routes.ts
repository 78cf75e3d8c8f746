/**
 * The routes of a tenant's settings for masked conversations.
 */
import { z } from "zod";
import { UrlText, Wording } from "../../contract/label.ts";
import { routesOver, type RouteOver } from "../../contract/route.ts";
import { SETTINGS_DEFAULT } from "./settings.ts";
import { settingsView, type SettingsVerbs } from "./verbs.ts";

const route = routesOver<SettingsVerbs>();
const tag = "Sessions";
const OnFailure = z.enum(["open", "closed"]);

const SettingsView = z
  .object({
    tombstone: z.string(),
    moved_notice: z.string(),
    out_of_session: z.string().nullable(),
    stopped_notice: z.string(),
    help: z.string(),
    media_notice: z.string().nullable(),
    no_reply_notice: z.string(),
    intercept: z.object({ url: z.string(), on_failure: OnFailure, notice: z.string().nullable() }).nullable(),
  })
  .meta({ id: "MaskingSettings", examples: [settingsView(SETTINGS_DEFAULT)] });

const hook = {
  url: "https://hooks.example.com/intercept",
  on_failure: "closed",
  notice: "We may read what is written here to keep people safe.",
} as const;

export const maskingSettingsRoutes: RouteOver<SettingsVerbs>[] = [
  route({
    method: "get",
    path: "/v1/masking",
    verb: "masking.settings",
    scope: "sessions:read",
    summary: "Read the settings of masked conversations",
    tag,
    status: 200,
    answer: SettingsView,
    input: () => ({ ok: null }),
  }),
  route({
    method: "patch",
    path: "/v1/masking",
    verb: "masking.change",
    scope: "sessions:write",
    summary: "Change the sentences people are sent",
    detail:
      "If `out_of_session` or `media_notice` is null, nothing is sent. Each is sent to a person from the number they dialled, at most once a day.",
    tag,
    body: z
      .strictObject({
        tombstone: Wording.optional(),
        moved_notice: Wording.optional(),
        out_of_session: Wording.nullable().optional(),
        stopped_notice: Wording.optional(),
        help: Wording.optional(),
        media_notice: Wording.nullable().optional(),
        no_reply_notice: Wording.optional(),
      })
      .meta({ id: "ChangeMasking" }),
    status: 200,
    answer: SettingsView,
    example: { out_of_session: "Please use the app to reach us." },
    input: ({ body }) => ({
      ok: {
        ...(body.tombstone === undefined ? {} : { tombstone: body.tombstone }),
        ...(body.moved_notice === undefined ? {} : { movedNotice: body.moved_notice }),
        ...(body.out_of_session === undefined ? {} : { outOfSession: body.out_of_session }),
        ...(body.stopped_notice === undefined ? {} : { stoppedNotice: body.stopped_notice }),
        ...(body.help === undefined ? {} : { help: body.help }),
        ...(body.media_notice === undefined ? {} : { mediaNotice: body.media_notice }),
        ...(body.no_reply_notice === undefined ? {} : { noReplyNotice: body.no_reply_notice }),
      },
    }),
  }),
  route({
    method: "put",
    path: "/v1/masking/intercept",
    verb: "masking.intercept",
    scope: "masking:intercept",
    summary: "Set a hook that is called before every relay",
    detail:
      'Called with the text, signed by Standard Webhooks v1, after the text is stored. Answer 204 or `{"action": "allow"}`, `{"action": "rewrite", "text": …}` or `{"action": "veto", "reason": …}` within three seconds. Anything else counts as no answer: with `on_failure` `open` the text is relayed, with `closed` it is not. `notice` is sent to the people of a session before the hook reads their first text; the operator\'s policy may demand it, or allow no hook (409). Each session that is read is in the audit (`session.intercepted`). The secret is shown in this answer only.',
    tag,
    body: z
      .strictObject({ url: UrlText, on_failure: OnFailure, notice: Wording.nullable().default(null) })
      .meta({ id: "SetIntercept" }),
    status: 200,
    answer: SettingsView.extend({ secret: z.string().optional() }).meta({
      id: "IssuedIntercept",
      examples: [{ ...settingsView(SETTINGS_DEFAULT), intercept: hook, secret: "whsec_…" }],
    }),
    refuses: ["url_refused", "state_conflict"],
    repeat: { secret: ["secret"] },
    example: hook,
    input: ({ body }) => ({ ok: { url: body.url, onFailure: body.on_failure, notice: body.notice } }),
    urlIn: ({ url }) => url,
  }),
  route({
    method: "delete",
    path: "/v1/masking/intercept",
    verb: "masking.intercept_off",
    scope: "masking:intercept",
    summary: "Remove the hook",
    tag,
    status: 204,
    answer: null,
    input: () => ({ ok: null }),
  }),
];
