/**
 * What a tenant sets for all its masked conversations: sentences, and the hook that is asked before a relay.
 */
import { byCaller, type Recorder } from "../../contract/record.ts";
import { isRefused, type Outcome } from "../../base/refusal.ts";
import { verb } from "../../contract/verb.ts";
import { makeSecret } from "../../webhooks/signature.ts";
import type { MaskingLedger } from "../ledger.ts";
import type { Intercept, MaskingSettings } from "./settings.ts";

export type SettingsDeps = {
  ledger: MaskingLedger;
  randomBytes: (length: number) => Uint8Array;
  seal: (text: string) => Uint8Array;
  record: Recorder;
};

type Sentences = Partial<
  Pick<MaskingSettings, "tombstone" | "movedNotice" | "outOfSession" | "stoppedNotice" | "help">
>;

/** Settings as their tenant sees them; the hook's secret is shown once, where it is made. */
export function settingsView({
  tombstone,
  movedNotice,
  outOfSession,
  stoppedNotice,
  help,
  intercept,
}: MaskingSettings) {
  return {
    tombstone,
    moved_notice: movedNotice,
    out_of_session: outOfSession,
    stopped_notice: stoppedNotice,
    help,
    intercept: intercept === null ? null : { url: intercept.url, on_failure: intercept.onFailure },
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

    /** A new hook, or a new secret for the one there is. */
    "masking.intercept": verb(
      "webhooks:manage",
      (who, input: { url: string; onFailure: Intercept["onFailure"] }): Outcome<SettingsView & { secret: string }> => {
        const secret = makeSecret(deps.randomBytes);
        ledger.setSettings({ ...ledger.settings(), intercept: { ...input, secret: deps.seal(secret) } });
        deps.record(byCaller(who.id), {
          act: "masking.intercept_set",
          subject: null,
          facts: { on_failure: input.onFailure },
        });
        const view = now();
        return isRefused(view) ? view : { ok: { ...view.ok, secret } };
      },
    ),

    "masking.intercept_off": verb("webhooks:manage", (who): Outcome<null> => {
      ledger.setSettings({ ...ledger.settings(), intercept: null });
      deps.record(byCaller(who.id), { act: "masking.intercept_removed", subject: null });
      return { ok: null };
    }),
  };
}

export type SettingsVerbs = ReturnType<typeof settingsVerbs>;
