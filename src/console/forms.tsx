/**
 * Forms of the console, as its doors read them, and the page for who cannot be served.
 */
import { isRefused, REASONS, refuse, type Refusal } from "../base/refusal.ts";
import { pageResponse } from "../contract/page.ts";
import { readIncoming } from "../net/incoming.ts";
import { bare } from "./look/frame.tsx";
import { Notice } from "./look/parts.tsx";

/** A text of 1,600 characters and a key's settings, each character up to nine bytes once it is written as a form. */
const FORM_BYTES_MAX = 32_768;

/** A page without a frame that says why nothing is shown. */
export function unready(refusal: Refusal): Response {
  const { status, title, detail } = REASONS[refusal.refused];
  const says = (
    <main class="gate" id="main">
      <Notice tone="bad">
        <strong>{title}.</strong> {refusal.detail ?? detail}
      </Notice>
    </main>
  );
  return pageResponse(bare(title, says), {}, status);
}

type Form = { fields: URLSearchParams; refused: null } | { fields: null; refused: Response };

/** The form's fields; or an answer, when no page of ours can have sent it. */
export async function formOf(request: Request): Promise<Form> {
  const site = request.headers.get("sec-fetch-site");
  const refused = (refusal: Refusal): Form => ({ fields: null, refused: unready(refusal) });
  if (request.headers.get("origin") !== new URL(request.url).origin || (site !== null && site !== "same-origin"))
    return refused(refuse("missing_scope", { detail: "This form was sent from another site, so it was not read." }));
  if (!/^application\/x-www-form-urlencoded(;|$)/i.test(request.headers.get("content-type") ?? ""))
    return refused(refuse("unsupported_media_type", { detail: "This is not a form." }));
  const bytes = await readIncoming(request, FORM_BYTES_MAX);
  if (isRefused(bytes)) return refused(bytes);
  return { fields: new URLSearchParams(new TextDecoder().decode(bytes.ok)), refused: null };
}
