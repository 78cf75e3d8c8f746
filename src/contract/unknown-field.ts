/**
 * The error for a field that a route does not know: its name, if it looks like a field name, and the known name that
 * was probably meant. A caller that mixes up names and values may send a number or a secret as a name, so other names
 * are not repeated.
 */

/** Longer than any field name of the contract. */
const NAME_MAX = 40;
/** Words of field names are shorter and rarely have this many consonants in a row; random letters soon do. */
const WORD_MAX = 20;
const RANDOM = /[bcdfghjklmnpqrstvwxz]{6}/i;
/** Digits as words. Two occur in real names (`one_to_one`); three are taken for a number. */
const DIGITS_SPELLED = /(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|treble)/gi;
const SPELLED_MAX = 2;

/** True for a name that may be repeated: ASCII letters and underscores only, and neither digits in words nor random letters. */
export function looksLikeField(name: string): boolean {
  if (name.length > NAME_MAX || !/^[A-Za-z_]*[A-Za-z][A-Za-z_]*$/.test(name)) return false;
  if (RANDOM.test(name) || (name.match(DIGITS_SPELLED)?.length ?? 0) > SPELLED_MAX) return false;
  const words = name.split(/_|(?<=[a-z])(?=[A-Z])/);
  return words.every((word) => word.length <= WORD_MAX) && name.length >= words.length * 2 - 1;
}

/** Names in other messaging APIs, and the names here. The first that the route knows is suggested. */
const CALLED: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    body: ["text"],
    content: ["text"],
    message: ["text"],
    messagebody: ["text"],
    msg: ["text"],
    sms: ["text"],
    destination: ["to"],
    mobile: ["to"],
    msisdn: ["to"],
    number: ["to"],
    phone: ["to"],
    phonenumber: ["to"],
    receiver: ["to"],
    recipient: ["to"],
    originator: ["from"],
    sender: ["from"],
    senderid: ["from"],
    callback: ["url"],
    callbackurl: ["url"],
    endpoint: ["url"],
    webhookurl: ["url"],
    category: ["purpose"],
    messagetype: ["purpose"],
    type: ["purpose"],
    sendat: ["schedule_at"],
    scheduledat: ["schedule_at"],
    scheduletime: ["schedule_at"],
    clientref: ["reference"],
    clientreference: ["reference"],
    expiry: ["expires_at", "ttl_seconds"],
    ttl: ["ttl_seconds"],
    validity: ["ttl_seconds"],
    validityperiod: ["ttl_seconds"],
    otp: ["code"],
    page: ["cursor"],
    after: ["cursor"],
    pagesize: ["limit"],
    perpage: ["limit"],
    status: ["state"],
    members: ["participants"],
    people: ["participants"],
  }),
);

const plain = (name: string): string => name.replaceAll("_", "").toLowerCase();

/**
 * The known name that was probably meant, or null: equal but for case and underscores, another API's name, or a typing
 * error.
 */
export function nearestOf(name: string, known: readonly string[]): string | null {
  const written = plain(name);
  const same = known.find((each) => plain(each) === written);
  if (same !== undefined) return same;
  const called = CALLED.get(written)?.find((each) => known.includes(each));
  if (called !== undefined) return called;
  const allowed = written.length <= 3 ? 1 : 2;
  let nearest: string | null = null;
  let least = allowed + 1;
  for (const each of known) {
    const steps = distance(written, plain(each));
    if (steps < least && steps < plain(each).length / 2) [nearest, least] = [each, steps];
  }
  return nearest;
}

/** The detail for a name that may be repeated. `given` are the fields that the caller sent beside it. */
export function unknownDetail(name: string, known: readonly string[], given: readonly string[]): string {
  const open = known.filter((each) => !given.includes(each));
  const nearest = nearestOf(name, open);
  if (nearest !== null) return `\`${name}\` is not known here. Did you mean \`${nearest}\`?`;
  if (known.length === 0) return `\`${name}\` is not known here: nothing is taken.`;
  return `\`${name}\` is not known here. Known are: ${listed(known)}.`;
}

/** The detail for names that are not repeated. */
export function unnamedDetail(count: number, known: readonly string[]): string {
  const what = count === 1 ? "One name here is" : `${count} names here are`;
  return `${what} not known, and not repeated, because a name like this could be a value. Known are: ${listed(known)}.`;
}

const LISTED_MAX = 30;
const listed = (names: readonly string[]): string =>
  [...names.slice(0, LISTED_MAX).map((name) => `\`${name}\``), ...(names.length > LISTED_MAX ? ["…"] : [])].join(
    ", ",
  ) || "none";

/** Insertions, deletions, replacements and swapped neighbours between two short names. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = at(rows, i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const steps = Math.min(at(rows, i - 1, j) + 1, (row[j - 1] ?? 0) + 1, replaced);
      row.push(swapped ? Math.min(steps, at(rows, i - 2, j - 2) + 1) : steps);
    }
    rows.push(row);
  }
  return at(rows, a.length, b.length);
}

const at = (rows: readonly (readonly number[])[], i: number, j: number): number => rows[i]?.[j] ?? 0;
