/**
 * The code message of a verification: everything its text is made of, sealed under the person's key while the code is valid, so that
 * a resend has the same code and the minutes that are left.
 */
import { refuse, type Refusal } from "../../base/refusal.ts";
import { measure } from "../../sms/sms-text.ts";
import type { VaultLedger } from "../../vault/ledger.ts";
import type { Context } from "./context.ts";
import { compose, fill, fitsRetriever, moneyText, parsePattern, RETRIEVER_BYTES_MAX, type Reader } from "./template.ts";

export type Written = {
  code: string;
  /** The template's text in its language. */
  template: string;
  locale: string;
  brand: string;
  /** The sentence against sharing, or null. */
  sentence: string | null;
  context: Context | null;
  variables: Record<string, string>;
  reader: Reader;
};

/** The text to send. Minutes are rounded up, so that no text says that a valid code has expired. */
export function textOf(written: Written, secondsLeft: number): string {
  const { code, context, locale, brand, variables } = written;
  const body = fill(parsePattern(written.template), {
    own: {
      code,
      brand,
      minutes: String(Math.max(1, Math.ceil(secondsLeft / 60))),
      amount: context === null ? "" : moneyText(context, locale),
      payee: context?.payee ?? "",
    },
    variables,
  });
  return compose(body, written.sentence, written.reader, code);
}

/** The refusal of the text, or null: with an app hash at most 140 bytes, the limit of the Android SMS Retriever. */
export function judgeText(text: string, reader: Reader): Refusal | null {
  if (reader === null || "origin" in reader || fitsRetriever(text)) return null;
  const { segments } = measure(text);
  return refuse("text_too_long", {
    detail: `With an app hash the whole text may have ${RETRIEVER_BYTES_MAX} bytes; this has more (${segments} segments).`,
  });
}

/** The code message sealed under the subject's key; throws without such a key, which would be a fault in this code. */
export function sealCodeMessage(vault: VaultLedger, subject: string, id: string, written: Written): Uint8Array {
  const sealed = vault.sealText(subject, id, "letter", JSON.stringify(written));
  if (sealed === null) throw new Error("a contact without a subject key");
  return sealed;
}

/** The code message; null if the person was erased. */
export function openCodeMessage(vault: VaultLedger, subject: string, id: string, sealed: Uint8Array): Written | null {
  const text = vault.openText(subject, id, "letter", sealed);
  return text === null ? null : (JSON.parse(text) as Written);
}
