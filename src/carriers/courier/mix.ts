/**
 * The mix of codes with which an account's texts end, and whether it has suddenly changed: a carrier that begins to
 * filter, or a network that begins to refuse, shows here before many texts fail. It is compared with the account's own
 * past, about the last ten thousand endings with older ones counting less, so a lasting change becomes usual. Pure, in
 * memory.
 */

/** Endings counted by code; `delivered` is one of them. */
export type Mix = Readonly<Record<string, number>>;

/** With fewer past endings than this there is no comparison. */
export const USUAL_MIN = 200;
/** At this sum every count is halved, so that older endings count less. */
const USUAL_MAX = 10_000;
/** Codes counted separately; further ones are counted together. */
const CODES_MAX = 64;
export const OTHER = "other";

/** Counts an ending in a mix of bounded size. */
export function addTo(mix: Record<string, number>, code: string, count: number): void {
  const name = Object.hasOwn(mix, code) || Object.keys(mix).length < CODES_MAX ? code : OTHER;
  mix[name] = (mix[name] ?? 0) + count;
}

/** The sum of a mix. */
export const sizeOf = (mix: Mix): number => Object.values(mix).reduce((sum, count) => sum + count, 0);

/** What is usual for one account and lane. */
export class Usual {
  #mix: Record<string, number> = {};

  /** Adds a slice to the past. */
  add(mix: Mix): void {
    for (const [code, count] of Object.entries(mix)) addTo(this.#mix, code, count);
    if (sizeOf(this.#mix) < USUAL_MAX) return;
    const halves = Object.entries(this.#mix).map(([code, count]) => [code, count / 2] as const);
    this.#mix = Object.fromEntries(halves.filter(([, count]) => count >= 1));
  }

  /**
   * How far a window's endings differ from the usual ones (total variation distance, 0 to 1), and the code most in
   * excess. Null without enough past.
   */
  differs(mix: Mix): { share: number; code: string } | null {
    const [usual, seen] = [sizeOf(this.#mix), sizeOf(mix)];
    if (usual < USUAL_MIN || seen === 0) return null;
    const more = Object.entries(mix).map(([code, count]) => ({
      code,
      by: count / seen - (this.#mix[code] ?? 0) / usual,
    }));
    const most = more.reduce((a, b) => (b.by > a.by ? b : a), { code: OTHER, by: 0 });
    return { share: more.reduce((sum, { by }) => sum + Math.max(0, by), 0), code: most.code };
  }
}
