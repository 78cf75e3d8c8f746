/**
 * An icon as every page shows it.
 */
import { ICONS, type IconName } from "./icons.ts";

/** A picture beside words; it says nothing that the words do not. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {ICONS[name].map(([Tag, attributes]) => (
        <Tag {...attributes} />
      ))}
    </svg>
  );
}
