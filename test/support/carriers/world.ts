/** The carrier world of scripts/carriers, waited for as long as this machine needs. */
import { World as Carriers } from "../../../scripts/carriers/world.mjs";
import { patience } from "../run/patience.ts";

/** All carriers at once; see scripts/carriers/world.mjs. */
export class World extends Carriers {
  override until(what: string, timeoutMs: number, holds: () => boolean): Promise<void> {
    return super.until(what, patience(timeoutMs), holds);
  }
}
