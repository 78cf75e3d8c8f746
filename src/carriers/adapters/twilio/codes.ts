/**
 * Twilio's published error codes (the list at twilio.com/docs/api/errors, as of February 2025) and what each means for a text. The
 * codes of messaging are listed one by one, so a code that Twilio adds is `unmapped`. Codes of other products count as `declined`.
 */
import { verdictsOf, type Verdict, type Verdicts } from "../call.ts";

const MESSAGING: Verdicts = verdictsOf({
  // The number is invalid, cannot be texted, has opted out or is blocked; the text is filtered, looks like fraud (30450, 30453, 60410)
  // or a loop (14107: too many texts between two numbers, 30039), or is forbidden at this hour: no other account is tried.
  permanent: `
    14107 20023 21202 21211 21214 21217 21265 21266 21268 21401 21421 21602 21604 21610 21614 21618 21635 30003 30004
    30005 30006 30007 30039 30450 30453 30485 30610 30615 30630 60410`,
  throttled: `20429 21611 30001 30022 63017 63018`,
  // Failures inside Twilio, after which the text may have been sent.
  unknown: `20500 20503 20504 30008 30410 30500`,
  // Credentials, standing, limits or privacy features of the account: every other message is refused as well.
  account: `
    20003 20005 20006 20008 20010 21470 21471 21472 21478 21479 21701 21702 21703 21704 21705 30002 30029 30030
    30037 30454 63038`,
  // This account's sender, campaign or region does not fit this text; another account's may.
  declined: `
    14101-14106 14108-14111 14201-14207 14210-14213 14215 14217-14223 14226 14230-14241 14300 20001 20002 20004
    20007 20009 20011 20012 20020 20021 20101-20107 20151-20157 20159-20162 20403 20404 20409 20410 20413 20422
    20423 20426 21100-21102 21200 21201 21203-21210 21212 21213 21215 21216 21218-21245 21247-21249 21251-21264
    21267 21300-21302 21402-21409 21420 21422 21449-21458 21473-21477 21480 21481 21501-21504 21601 21603
    21605-21609 21612 21613 21615-21617 21619-21624 21626-21631 21634 21644-21661 21708-21715 21717 21719-21733
    21736 21737 21900-21902 21910 23001-23006 30009-30021 30023-30028 30031-30036 30038 30040-30043 30100-30136
    30400 30404 30409 30436 30437 30440-30449 30451 30452 30455-30480 30620 30646 30647 30701-30703 30712 30729
    30734 30747-30758 30790-30799 30880-30909 30990-30994 35111-35121 35125-35127 35132-35134 63001-63003
    63005-63016 63019-63037 63039-63047 63049 63051 63052 63100-63103 63105-63109 63111 63112 90000-90004 90006
    90007 90009-90041 90100-90104 90403 92001-92009`,
});

/** Thousands (leading digits) of the codes of other products: voice, video, SIP, functions and so on. */
const ELSEWHERE: ReadonlySet<number> = new Set([
  0, 10, 11, 12, 13, 15, 16, 17, 18, 19, 22, 25, 31, 32, 33, 34, 36, 37, 40, 45, 48, 49, 50, 51, 52, 53, 54, 55, 57, 58,
  60, 61, 62, 64, 68, 70, 80, 81, 82, 83, 84, 91, 93, 94, 95, 97, 99, 180, 216, 456,
]);

/** The meaning of a code; undefined for one that is not published. */
export const TWILIO_CODES: Verdicts = {
  get: (code: string): Verdict | undefined => {
    const other = /^\d{3,6}$/.test(code) && ELSEWHERE.has(Math.floor(Number(code) / 1_000));
    return MESSAGING.get(code) ?? (other ? "declined" : undefined);
  },
};
