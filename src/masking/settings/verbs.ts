/**
 * The verbs of the settings for masked conversations: sentences, and the hook that is called before a relay.
 */
import { byCaller, type Recorder } from "../../contract/record.ts";
import { isRefused, refuse, type Outcome } from "../../base/refusal.ts";
import type { InterceptPolicy } from "../../policy/policy.ts";
import { verb } from "../../contract/verb.ts";
import { makeSecret } from "../../webhooks/signature.ts";
import type { MaskingLedger } from "../ledger.ts";
import { hostOf, noticeOf } from "./reading.ts";
import type { Intercept, MaskingSettings } from "./settings.ts";

export type SettingsDeps = {
  ledger: MaskingLedger;
  now: () => number;
  interceptPolicy: () => InterceptPolicy;
  randomBytes: (length: number) => Uint8Array;
  seal: (text: string) => Uint8Array;
  record: Recorder;
};

export type InterceptInput = Pick<Intercept, "url" | "onFailure" | "notice">;

type Sentences = Partial<
  Pick<
    MaskingSettings,
    "tombstone" | "movedNotice" | "outOfSession" | "stoppedNotice" | "help" | "mediaNotice" | "noReplyNotice"
  >
>;

/** Settings as their tenant sees them, without the hook's secret, which only the verb that makes it answers. */
export function settingsView({
  tombstone,
  movedNotice,
  outOfSession,
  stoppedNotice,
  help,
  mediaNotice,
  noReplyNotice,
  intercept,
}: MaskingSettings) {
  return {
    tombstone,
    moved_notice: movedNotice,
    out_of_session: outOfSession,
    stopped_notice: stoppedNotice,
    help,
    media_notice: mediaNotice,
    no_reply_notice: noReplyNotice,
    intercept:
      intercept === null ? null : { url: intercept.url, on_failure: intercept.onFailure, notice: intercept.notice },
  };
}
export type SettingsView = ReturnType<typeof settingsView>;

/** The verbs of the settings. */
export function settingsVerbs(deps: SettingsDeps) {
  const { ledger } = deps;
  const now = (): Outcome<SettingsView> => ({ ok: settingsView(ledger.settings()) });
  return {
    "masking.settings": verb("sessions:read", now),

    "masking.change": verb("sessions:write", (who, input: Sentences): Outcome<SettingsView> => {
      ledger.setSettings({ ...ledger.settings(), ...input });
      const fields = Object.keys(input).sort().join(" ");
      deps.record(byCaller(who.id), { act: "masking.changed", subject: null, facts: { fields } });
      return now();
    }),

    /** Sets a new hook, or gives the present one a new secret. */
    "masking.intercept": verb(
      "masking:intercept",
      (who, input: InterceptInput): Outcome<SettingsView & { secret: string }> => {
        if (deps.interceptPolicy() === "refused")
          return refuse("state_conflict", { detail: "The operator's policy allows no hook before relays." });
        const secret = makeSecret(deps.randomBytes);
        const intercept = { ...input, secret: deps.seal(secret), setAt: deps.now() };
        ledger.setSettings({ ...ledger.settings(), intercept });
        const facts = {
          host: hostOf(input.url),
          on_failure: input.onFailure,
          notice: noticeOf(deps, intercept) !== null,
        };
        deps.record(byCaller(who.id), { act: "masking.intercept_set", subject: null, facts });
        const view = now();
        return isRefused(view) ? view : { ok: { ...view.ok, secret } };
      },
    ),

    "masking.intercept_off": verb("masking:intercept", (who): Outcome<null> => {
      ledger.setSettings({ ...ledger.settings(), intercept: null });
      deps.record(byCaller(who.id), { act: "masking.intercept_removed", subject: null });
      return { ok: null };
    }),
  };
}

export type SettingsVerbs = ReturnType<typeof settingsVerbs>;
