/**
 * The registered domain of a host, by the public suffix list. Pure.
 */
import { parse } from "tldts";

/** `registered` is what somebody bought, with its ending; `suffix` the ending that they bought it under, empty where there is none. */
export function registeredOf(host: string): { registered: string; suffix: string } {
  const { domain, publicSuffix } = parse(host, {
    validateHostname: false,
    extractHostname: false,
    allowPrivateDomains: true,
  });
  return { registered: domain ?? host, suffix: domain === null ? "" : (publicSuffix ?? "") };
}
