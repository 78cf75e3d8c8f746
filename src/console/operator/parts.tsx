/**
 * Parts that the operators' pages share.
 */
import { REASONS, type Refusal } from "../../base/refusal.ts";
import { hrefOf, Notice } from "../look/parts.tsx";

/** From which share of a bound on a figure is marked. */
const NEAR = 0.7;
const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Bytes with a unit. */
export function bytesText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1_000 ** power).toLocaleString("en-GB", { maximumFractionDigits: 1 })} ${UNITS[power] ?? "B"}`;
}

const countText = (count: number): string => count.toLocaleString("en-GB");

/** A figure beside its bound, marked where it comes near. */
export function Share({
  of,
  max,
  bytes = false,
}: {
  of: number | undefined;
  max: number | undefined;
  bytes?: boolean;
}) {
  if (of === undefined || max === undefined) return <span class="soft">no answer</span>;
  const text = bytes ? bytesText : countText;
  const share = max === 0 ? 1 : of / max;
  const percent = `${Math.floor(share * 100)} %`;
  return (
    <span class="nowrap">
      {share >= NEAR ? <strong>{text(of)}</strong> : text(of)} <span class="soft">of {text(max)}</span>
      <br />
      <span class={share >= NEAR ? "badge wait" : "soft small"}>{percent}</span>
    </span>
  );
}

/** The two jurisdictions, one of which a page looks at. */
export function Jurisdictions({ path, at }: { path: string; at: "eu" | "us" }) {
  return (
    <nav class="buttons tight" aria-label="Jurisdiction">
      {(["eu", "us"] as const).map((each) => (
        <a
          class={each === at ? "button slim" : "button quiet slim"}
          href={hrefOf(path, { jurisdiction: each })}
          aria-current={each === at ? "true" : undefined}
        >
          {each.toUpperCase()}
        </a>
      ))}
    </nav>
  );
}

/** Why nothing was changed. */
export function Wrong({ of }: { of: Refusal | null }) {
  if (of === null) return null;
  return (
    <Notice tone="bad">
      <strong>{REASONS[of.refused].title}.</strong>{" "}
      {of.errors?.map(({ field, detail }) => `${field}: ${detail}`).join(" ") ??
        of.detail ??
        REASONS[of.refused].detail}
    </Notice>
  );
}
