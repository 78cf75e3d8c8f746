/**
 * Which codes an account's texts end with, and whether that has suddenly changed: a carrier that begins to filter, or a network
 * that begins to refuse, shows here before the sum of what fails is large. What was usual is the account's own past, the last
 * ten thousand endings or so, older ones counting less; so what lasts becomes usual. Pure, in memory.
 */

/** Endings counted by code; `delivered` is one of them. */
export type Mix = Readonly<Record<string, number>>;

/** Fewer usual endings than this are no past to compare with. */
export const USUAL_MIN = 200;
/** From here on every count is halved: the far past fades. */
const USUAL_MAX = 10_000;
/** Codes told apart; more are counted together. */
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

  /** Takes what has become the past. */
  add(mix: Mix): void {
    for (const [code, count] of Object.entries(mix)) addTo(this.#mix, code, count);
    if (sizeOf(this.#mix) < USUAL_MAX) return;
    const halves = Object.entries(this.#mix).map(([code, count]) => [code, count / 2] as const);
    this.#mix = Object.fromEntries(halves.filter(([, count]) => count >= 1));
  }

  /**
   * Which part of a window's endings would have to be others for it to be as usual (the total variation distance, 0 to 1), and
   * the code that there is most too much of. Null while there is no past to speak of.
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
