/**
 * What people type who wish us ill, and what merely goes wrong: texts that break parsers, terminals, spreadsheets, pages,
 * logs and comparisons; and JSON that no careful writer writes. Our own collection; docs of the attacks, not lists of others.
 */
const controls = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join("");

/** Texts for every field that takes one. */
export const NAUGHTY: readonly string[] = [
  "", " ", "\t", "\u0000", "a\u0000b", controls, "\u007f\u0080\u009f",
  "undefined", "null", "NULL", "(null)", "nil", "true", "false", "NaN", "Infinity", "-Infinity", "[object Object]", "\\", "\\\\",
  "0", "-0", "1e309", "-1", "0x7fffffff", "9007199254740993", "1/0", "1,000.00", "٣", "１２３", "²", "0".repeat(400),
  "line\nlevel", "line\r\n{\"level\":\"error\",\"what\":\"forged\"}", "a\rb", "a\u2028b", "a\u2029b", "a\u0085b", "x\r\nset-cookie: a=b\r\n\r\n<html>",
  "%0d%0aset-cookie:%20a=b", "%00", "%c0%ae%c0%ae/", "%u002e", "%", "%%", "%zz", "&#13;&#10;",
  "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "javascript:alert(1)", "</title><svg/onload=alert(1)>", "{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>",
  "' OR '1'='1", "'; DROP TABLE messages; --", "1; SELECT sqlite_version()", "\" OR \"\"=\"", "x'--", "?1", ":name", "json_extract(record,'$')", "%' ESCAPE '%",
  "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|'/C calc'!A0", "\t=1+1",
  "$(id)", "`id`", "; id", "| id", "&& id", "\n/bin/sh", "../../../../etc/passwd", "..\\..\\windows", "/dev/null", "file:///etc/passwd", "C:\\con",
  "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "__defineGetter__", "then", "valueOf",
  "\ud800", "\udc00", "a\ud800b", "\udfff\ud800", "\ufeff", "\ufffe", "\uffff", "\u{10ffff}", "\u200b\u200d\u2060", "\u202eabc\u202c", "\u2066x\u2069",
  "e\u0301".repeat(50), `Z${"\u0351\u0300\u0334".repeat(60)}`, "ﷺ".repeat(30), "👩‍👩‍👧‍👦".repeat(20), "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "ǅ", "ﬃ", "İıßſ", "Ω≈ç√∫", "田中さん", "مرحبا", "שלום", "ก็็็็็็็็", "₀₁₂", "½",
  "a".repeat(41), "a".repeat(201), "a".repeat(1_601), "a".repeat(5_000), "(".repeat(3_000), "+".repeat(3_000), "07700".repeat(400), "0 ".repeat(800), "-.".repeat(900),
  "mk_test_", "tok_e", "msg_e00000000", "ten_e00000000", "key_u", "wbh_", `msg_e${"0".repeat(35)}`, `tok_e${"z".repeat(35)}`,
  "2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999+23:59", "-271821-04-20T00:00:00Z", "+275760-09-13T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T10:00:60Z",
  "http://", "https://[::", "https://%", "https://a.b:99999", "https://a b", "https://a.b/\u0000", "https://\u202e.com", "https://xn--", "https://" + "a.".repeat(1_000),
  "whsec_", "v1,", "*", "*.*", "message.", ".", "message.*.*",
]; // prettier-ignore

/** Bodies as text: each must be read as one thing or refused. */
export const HOSTILE_JSON: readonly string[] = [
  "", " ", "null", "true", "0", "-", "\"", "\"a", "[", "]", "{", "}", "{}", "[]", "{]", "[}", "{,}", "[,]", "[1,]", "{\"a\":1,}", "{\"a\"}", "{\"a\":}", "{a:1}", "{'a':1}",
  "{\"a\":01}", "{\"a\":1.}", "{\"a\":.1}", "{\"a\":+1}", "{\"a\":1e}", "{\"a\":1e999999}", "{\"a\":-1e999999}", "{\"a\":0x1}", "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":1_000}", "{\"a\":" + "9".repeat(5_000) + "}",
  "{\"a\":\"\\u\"}", "{\"a\":\"\\ud800\"}", "{\"\\ud800\":1}", "{\"a\":\"\\x41\"}", "{\"a\":\"\t\"}", "{\"a\":\"\n\"}", "{\"a\":\"\u0000\"}", "{\"a\":\"\\u0000\"}",
  "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}", "{\"__proto__\":{}}", "{\"constructor\":{\"prototype\":{}}}", "{\"\":1}", "{\"to\":{}}", "{\"to\":[]}", "{\"to\":null}", "{\"toString\":1}", "{\"then\":1}",
  "{\"a\":1}{\"a\":1}", "{\"a\":1} x", "//\n{}", "/**/{}", "\ufeff{}", "\u00a0{}", "\u2028{}", "{\"a\":undefined}", "[1,2,3]", "[[[[[[[[[[]]]]]]]]]]",
  "[".repeat(50_000), "{\"a\":".repeat(10_000), "[".repeat(21) + "]".repeat(21), "{\"a\":".repeat(10_000) + "1" + "}".repeat(10_000), "\"".repeat(60_000), "\\".repeat(60_000),
  "{" + Array.from({ length: 3_000 }, (_, at) => `"k${at}":1`).join(",") + "}",
]; // prettier-ignore

/** Values of every JSON type, for fields of any type. */
export const VALUES: readonly unknown[] = [
  null, true, false, 0, -1, 1.5, 1e308, -1e308, 2 ** 60, [], {}, [[]], [null], [{}], { toString: 1 }, { length: 1e9 },
  "x", ["x"], { token: "x" }, { token: null }, { token: {} }, Array.from({ length: 2_000 }, () => 0),
]; // prettier-ignore

/** Every place of a value that holds something, as a path of keys. */
export function placesOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (Array.isArray(value)) return value.flatMap((each, at) => [[...path, at], ...placesOf(each, [...path, at])]);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [[...path, key], ...placesOf(each, [...path, key])]);
}

/** A copy of a value with something else in one place. */
export function withAt(value: unknown, [head, ...rest]: readonly (string | number)[], put: unknown): unknown {
  if (head === undefined) return put;
  if (Array.isArray(value)) return value.map((each: unknown, at) => (at === head ? withAt(each, rest, put) : each));
  const fields = value as Record<string, unknown>;
  return { ...fields, [head]: withAt(fields[head], rest, put) };
}
