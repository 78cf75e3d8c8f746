/**
 * A refusal in the words of a page: what happened, why, and what would be right.
 */
import { REASONS, type Refusal } from "../../base/refusal.ts";
import type { Present } from "../../access/people/face.ts";
import type { PageRow } from "../visit.ts";
import { Empty, Head, Icon, Notice } from "./parts.tsx";

/** A page as its refusal names it; those of operators have no scope. */
type Refused = Pick<PageRow, "path" | "title"> & { scope?: string };

/** The page in place of one that could not be shown. `again` is where the person proves once more who they are. */
export function refusalPage(refusal: Refusal, page: Refused, present: Pick<Present, "role">, again: string) {
  if (refusal.refused === "missing_scope") return <NotYours page={page} present={present} refusal={refusal} />;
  if (refusal.refused === "fresh_sign_in_needed") return <Fresh page={page} refusal={refusal} again={again} />;
  const { title, detail } = REASONS[refusal.refused];
  const at = page.path.replace(/\/\{.*$/, "");
  return (
    <>
      <Head title={refusal.refused === "not_found" ? "There is no such thing here" : title} />
      <Empty icon={refusal.refused === "not_found" ? "search" : "warning"} title={title}>
        <p>{refusal.detail ?? detail}</p>
        {(refusal.errors ?? []).map((error) => (
          <p>
            <code>{error.field}</code>: {error.detail}
          </p>
        ))}
        <div class="buttons">
          <a class="button quiet" href={at}>
            Back
          </a>
        </div>
      </Empty>
    </>
  );
}

function NotYours({ page, present, refusal }: { page: Refused; present: Pick<Present, "role">; refusal: Refusal }) {
  if (page.scope === undefined)
    return (
      <>
        <Head title={page.title} />
        <Empty icon="lock" title={`An ${present.role} does not do this`}>
          <p>{refusal.detail ?? REASONS[refusal.refused].detail}</p>
          <a class="button quiet" href={page.path.replace(/\/\{.*$/, "")}>
            Back
          </a>
        </Empty>
      </>
    );
  return (
    <>
      <Head title={page.title} />
      <Empty icon="lock" title={`A ${present.role} does not see this page`}>
        <p>
          {refusal.detail ?? `It needs the scope ${page.scope}.`} An owner can give you another role on the page
          “People”.
        </p>
      </Empty>
    </>
  );
}

function Fresh({ page, refusal, again }: { page: Refused; refusal: Refusal; again: string }) {
  return (
    <>
      <Head title={page.title} />
      <Notice tone="wait">
        <strong>This needs a fresh sign-in.</strong> {refusal.detail ?? REASONS.fresh_sign_in_needed.detail}
      </Notice>
      <p class="buttons">
        <a class="button" href={again}>
          Sign in again
          <Icon name="arrow" />
        </a>
        <a class="button quiet" href={page.path.replace(/\/\{.*$/, "")}>
          Back
        </a>
      </p>
    </>
  );
}
