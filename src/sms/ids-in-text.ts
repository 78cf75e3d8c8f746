/**
 * Ids whose digits are no telephone number, though they may look like one: UUIDs, ULIDs, hexadecimal digests, bank accounts
 * and our own ids.
 */

/** The token that was judged last: every token of a text is judged at most once. */
export type IdMemory = { start: number; end: number; isId: boolean };

/** No id of these kinds is shorter, none is longer. */
const ID_LENGTH_MIN = 22;
const ID_LENGTH_MAX = 128;
const ID =
  /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=.*[a-z])[0-7][0-9a-hjkmnp-tv-z]{25}|(?=.*[a-f])[0-9a-f]{32,128}|[a-z]{3}_[eu][0-9a-z]{34,36})$/i;

/** Whether the place lies inside an id. A number that begins its token is a number, whatever letters follow it. */
export function isIdAt(text: string, start: number, end: number, memory: IdMemory): boolean {
  if (start < memory.start || end > memory.end) judge(text, start, end, memory);
  return memory.isId && (start > memory.start || isHyphened(text, memory));
}

const isHyphened = (text: string, { start }: IdMemory): boolean => text.charAt(start + 8) === "-";

function judge(text: string, start: number, end: number, memory: IdMemory): void {
  memory.start = start;
  memory.end = end;
  while (memory.start > 0 && isWord(text.charCodeAt(memory.start - 1))) memory.start--;
  while (memory.end < text.length && isWord(text.charCodeAt(memory.end))) memory.end++;
  const length = memory.end - memory.start;
  if (length < ID_LENGTH_MIN || length > ID_LENGTH_MAX) {
    memory.isId = false;
    return;
  }
  const token = text.slice(memory.start, memory.end);
  memory.isId = ID.test(token) || isAccount(token);
}

/** A British bank account (ISO 13616) whose check digits are right. */
function isAccount(token: string): boolean {
  if (!/^GB\d{2}[A-Z]{4}\d{14}$/i.test(token)) return false;
  let rest = 0;
  for (const char of token.slice(4) + token.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/** Letters, digits, underscore and hyphen of ASCII. */
function isWord(unit: number): boolean {
  return (
    (unit >= 48 && unit <= 57) ||
    (unit >= 65 && unit <= 90) ||
    (unit >= 97 && unit <= 122) ||
    unit === 95 ||
    unit === 45
  );
}
