// A number stays a number whatever is put between its digits: odd signs, references and tags of HTML, escapes of programs. And what
// such signs really stand in (prices, orders, sizes, queries, times) stays as it is.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findNumbers, maskNumbersIn } from "../../src/sms/phone.ts";

const MASK = "+44•••••••23";
const NUMBER = "07700900123";

/** Signs that may stand alone between two digits. */
const SIGNS = [
  ..."=#@$£€¥¢%&*_|~!?^;:\"'`°§¬¦<>{}[]()+,./\\-–—×·•…©＝＃＠＄￡",
  "==",
  " = ",
  " # ",
  " x ",
  " X ",
  " × ",
  " @ ",
  " £ ",
  " | ",
  " * ",
  "&#160;",
  "&#xA0;",
  "&#32;",
  "&nbsp;",
  "&nbsp",
  "&ensp;",
  "&shy;",
  "&ndash;",
  "&num;",
  "&equals;",
  "&amp;",
  "&amp;#160;",
  "&amp;nbsp;",
  "<b>",
  "</b>",
  "<br>",
  "<br/>",
  "<wbr>",
  "<span class='x'>",
  "</b><i>",
  "<!-- x -->",
  "<font size=2>",
  "<h1>",
  "\\n",
  "\\t",
  "\\r\\n",
  "\\u0020",
  "\\u00a0",
  "\\u{a0}",
  "\\x20",
  "\\\\n",
  "%20",
  "%2D",
  "%C2%A0",
  "%2520",
  "%26",
];

describe("a number with an odd sign between any two digits", () => {
  const tail = fc.integer({ min: 100, max: 999 }).map(String);
  const word = fc.constantFrom("", "ring ", "tel:", "x ", "my no. is ", "ffôn: ");
  const after = fc.constantFrom("", " now", ".", ")", " ok?", "\n", ", diolch");

  it.each(SIGNS)("is masked whole: %j", (sign) => {
    fc.assert(
      fc.property(word, after, tail, fc.integer({ min: 1, max: 10 }), (before, behind, last, at) => {
        fc.pre(sign !== "." || at > 1); // `0.77…` is a fraction
        const digits = `07700900${last}`;
        const text = `${before}${digits.slice(0, at)}${sign}${digits.slice(at)}${behind}`;
        expect(maskNumbersIn(text)).toBe(`${before}+44•••••••${last.slice(1)}${behind}`);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a number with an odd sign between all digits or groups", () => {
  it.each(SIGNS.filter((sign) => !"()[]{}.,".includes(sign)))("is masked whole: %j", (sign) => {
    for (const groups of [[...NUMBER], ["07700", "900", "123"], ["0", "7700", "900123"], ["077", "0090", "0123"]])
      expect(maskNumbersIn(`ring ${groups.join(sign)} now`)).toBe(`ring ${MASK} now`);
    expect(maskNumbersIn(`+44${sign}7700${sign}900123`)).toBe(MASK);
  });

  it.each([
    "+44#7700900123",
    "+44=7700900123",
    "+44=7700=900=123",
    "+44#7700 900123",
    "+44 # 7700 900 123",
    "+44@7700£900=123",
    "0044=7700900123",
    "44=7700=900=123",
    "+44=(0)=7700=900123",
    "+4=47700900123",
    "＋44＝7700900123",
    "07700 900=123",
    "07700 <b>900</b> 123",
    "07700 <b>900123</b>",
    "<b>07700</b> 900 123",
    "#07700 #900 #123",
    "&#48;&#55;&#55;&#48;&#48;&#57;&#48;&#48;&#49;&#50;&#51;",
    "&#x30;&#x37;&#x37;&#x30;&#x30;&#x39;&#x30;&#x30;&#x31;&#x32;&#x33;",
    "&#48&#55&#55&#48&#48&#57&#48&#48&#49&#50&#51",
    "&amp;#48;7700900123",
    "0&#55;700900123",
    "&#0048;7700900123",
    "\\u0030\\u0037\\u0037\\u0030\\u0030\\u0039\\u0030\\u0030\\u0031\\u0032\\u0033",
    "0\\u0037700900123",
    "\\x30\\x37\\x37\\x30\\x30\\x39\\x30\\x30\\x31\\x32\\x33",
    "0\\u{37}700900123",
    "\\060\\067\\067\\060\\060\\071\\060\\060\\061\\062\\063",
    "0\\ud835\\udfd5700900123",
    "&plus;447700900123",
    "\\u002b447700900123",
    "&#43;447700900123",
    "\\07700900123",
  ])("is masked however it is mixed: %s", (text) => {
    const masked = maskNumbersIn(`ring ${text} now`);
    expect(masked).toContain(MASK);
    expect(masked.replace(MASK, "")).not.toMatch(/\d/);
    expect(maskNumbersIn(masked)).toBe(masked);
  });
});

describe("what is masked", () => {
  it.each([
    ["ring #07700=900=123# now", "07700=900=123"],
    ["x=&#48;7700900123;y", "&#48;7700900123"],
    ["<b>07700<i>900</i>123</b>", "07700<i>900</i>123"],
    ["tel \\u00307700900123\\n", "\\u00307700900123"],
    ["a (07700)=900=123, b", "(07700)=900=123"],
    ["£5 07700£900£123 £6", "07700£900£123"],
    ["07%30 07700%900%123", "07700%900%123"],
  ])("in %j is %j and no more", (text, number) => {
    expect(findNumbers(text).map(({ start, end }) => text.slice(start, end))).toContain(number);
    expect(maskNumbersIn(text)).toBe(text.replace(number, MASK));
  });

  it("is the number that a reader sees and the one that stands there, where they differ", () => {
    expect(maskNumbersIn("07700900&#49;23")).toBe("+44•••••••23");
    expect(maskNumbersIn("07700&#900;123")).toBe("+44•••••••23");
    expect(maskNumbersIn("<a href='tel:07700900123'>07700<b>900</b>456</a>")).toBe(
      "<a href='tel:+44•••••••23'>+44•••••••56</a>",
    );
  });

  it("does not reach into a footnote before or behind it", () => {
    expect(maskNumbersIn("ring 07700900123¹ or 02079460123²³")).toBe(`ring ${MASK}¹ or ${MASK}²³`);
    expect(maskNumbersIn("¹07700900123, ²02079460123")).toBe(`¹${MASK}, ²${MASK}`);
    expect(maskNumbersIn("+447700900123① 07700 900123₁ 7700900123²")).toBe(`${MASK}① ${MASK}₁ ${MASK}²`);
    expect(maskNumbersIn("07700900123<sup>1</sup> 07700900123[1] 07700900123&#185;")).toBe(
      `${MASK}<sup>1</sup> ${MASK}[1] ${MASK}&#185;`,
    );
  });
});

describe("what such signs really stand in is left", () => {
  it.each([
    "£12.50 x 3",
    "£0.79 x 12, £0.99 x 34 = £43.14",
    "£07.70 £09.00 £12.34",
    "0 @ £7.70, 9 @ £0.01",
    "2026-12-01 10:30",
    "2026-12-01 10:30 #0770090",
    "01/12/2026 @ 10.30 £12",
    "07:70:09",
    "07:15 09:30 12:45 16:30",
    "01:30:15.12345",
    "a=1&b=2&c=33",
    "01=20 02=825 03=2539",
    "0=0,1=69,2=55,3=40,4=76",
    "0=1 1=2 2=3 3=4 4=5 5=6",
    "447 x 278 = 876285",
    "012 + 345 = 357",
    "0 x 12, 1 x 61, 2 x 3, 3 x 95",
    "0.5 x 1.2 x 3456789",
    "750 x 1200 x 210",
    "750x1200x210",
    "01910x53 044830x921",
    "#1 #2 #3",
    "#0 #1 #2 #3 #4 #5 #6 #7 #8 #9 #10",
    "#0 #0 #1 #6645 #8585 #9 #3835 #6407",
    "#077009 #001232 #ffffff",
    "#567d03 #027313 #9317e3",
    "order #0770 0900 @ 12:30",
    "0% 15% 20% 25% 30% 45%",
    "0% 10% 20% 30% 40% 50%",
    "GB29 NWBK 6016 1331 9268 19",
    "AB123456789GB 1Z999AA10123456784",
    "192.168.0.1 #80 10.0.0.1",
    "v1.2.3 = 0.7.7-rc.1",
    "3-1 2-0",
    "3-1 2-0 0-7 7-0 0-9 0-0 1-2 3-4",
    "3-1, 0-7, 7-0, 0-9, 0-0, 1-2, 3-0",
    "4:2 0:0 4:4 3:3 6:0 2:2 4:6 6:1",
    "0x1632960123",
    "44 # 37 # 48 # 32 # 12 # 40",
    "*#06# *#0*#",
    "C:\\new\\07 \\t 12",
    "\\d{5} \\u12 \\x",
    "T&Cs apply & B&B from £40; AT&T; a<b and b>c",
    "1 < 2 > 0",
    "&#8364;12.50 &pound;7 &copy;2026",
  ])("%s", (text) => {
    expect(maskNumbersIn(text)).toBe(text);
  });

  it("in texts put together of amounts, sizes, percentages, orders and times", () => {
    const n = fc.integer({ min: 1, max: 999 });
    const money = fc.integer({ min: 0, max: 99_999 }).map((pence) => `£${(pence / 100).toFixed(2)}`);
    const time = fc
      .tuple(fc.integer({ min: 7, max: 23 }), fc.integer({ min: 0, max: 59 }))
      .map(([h, m]) => `${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}`);
    const item = fc.oneof(
      fc.tuple(money, n).map(([price, count]) => `${price} x ${count}`),
      fc.tuple(n, money).map(([count, price]) => `${count} @ ${price}`),
      fc.tuple(n, n, n).map(([a, b, c]) => `${a}x${b}x${c}mm`),
      fc.tuple(n, n).map(([a, b]) => `${a} + ${b} = ${a + b}`),
      fc.tuple(n, n).map(([a, b]) => `a=${a}&b=${b}`),
      n.map((of) => `#${of}`),
      n.map((of) => `${of % 101}%`),
      time,
      money,
    );
    const wrong: string[] = [];
    const texts = fc.sample(fc.array(item, { minLength: 2, maxLength: 8 }), { numRuns: 5_000, seed: 20_261_201 });
    for (const items of texts) if (findNumbers(items.join(", ")).length > 0) wrong.push(items.join(", "));
    expect(wrong).toEqual([]);
  });
});
