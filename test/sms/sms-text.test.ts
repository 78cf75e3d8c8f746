import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkText,
  measure,
  nameBefore,
  replacements,
  SEGMENTS_MAX,
  smartEncode,
  stripControls,
} from "../../src/sms/sms-text.ts";

const FLAG = "🇬🇧"; // 4 code units
const FAMILY = "👨‍👩‍👧‍👦"; // 11 code units
const KEYCAP = "1\ufe0f\u20e3"; // 3 code units

describe("the alphabet is the one of TS 23.038", () => {
  it("has 127 characters of one septet and 10 of two, and nothing else is GSM 7-bit", () => {
    const costs = { one: "", two: "" };
    for (let code = 0; code <= 0xffff; code++) {
      const char = String.fromCharCode(code);
      const { encoding, units } = measure(char);
      if (encoding === "gsm7") costs[units === 1 ? "one" : "two"] += char;
    }
    expect(costs.one).toHaveLength(127);
    expect([...costs.two].sort()).toEqual([..."\f[\\]^{|}~€"].sort());
    for (const char of "@£$¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà\n\r") expect(costs.one).toContain(char);
  });

  it.each(["ç", "ŵ", "ŷ", "Á", "á", "í", "ó", "ú", "È", "`", "’", "\t", "\u00a0", "Α", "\u001b", "🙂", "\0"])(
    "%j is UCS-2",
    (char) => {
      expect(measure(`a${char}`).encoding).toBe("ucs2");
    },
  );
});

const count = (text: string) => {
  const { encoding, segments, units, unitsPerSegment } = measure(text);
  return [encoding, segments, units, unitsPerSegment];
};

describe("segments", () => {
  it.each<[string, string, unknown[]]>([
    ["nothing", "", ["gsm7", 0, 0, 160]],
    ["one letter", "a", ["gsm7", 1, 1, 160]],
    ["160 septets fit alone", "a".repeat(160), ["gsm7", 1, 160, 160]],
    ["161 need two of 153", "a".repeat(161), ["gsm7", 2, 161, 153]],
    ["306 fill two", "a".repeat(306), ["gsm7", 2, 306, 153]],
    ["307 need three", "a".repeat(307), ["gsm7", 3, 307, 153]],
    ["six of 153 are 918", "a".repeat(918), ["gsm7", 6, 918, 153]],
    ["80 euros fit alone", "€".repeat(80), ["gsm7", 1, 160, 160]],
    ["an escape pair at septet 160 is whole in a single", `${"a".repeat(158)}€`, ["gsm7", 1, 160, 160]],
    ["an escape pair over the end makes it two", `${"a".repeat(159)}€`, ["gsm7", 2, 161, 153]],
    ["an escape pair moves whole", `${"a".repeat(152)}€${"a".repeat(151)}`, ["gsm7", 2, 305, 153]],
    ["and the septet it left empty counts", `${"a".repeat(152)}€${"a".repeat(152)}`, ["gsm7", 3, 306, 153]],
    ["153 euros leave one septet empty in each of two segments", "€".repeat(153), ["gsm7", 3, 306, 153]],
    ["70 of UCS-2 fit alone", "ŵ".repeat(70), ["ucs2", 1, 70, 70]],
    ["71 need two of 67", "ŵ".repeat(71), ["ucs2", 2, 71, 67]],
    ["134 fill two", "ŵ".repeat(134), ["ucs2", 2, 134, 67]],
    ["135 need three", "ŵ".repeat(135), ["ucs2", 3, 135, 67]],
    ["a Welsh notice of 160 letters costs three", `${"a".repeat(159)}ŷ`, ["ucs2", 3, 160, 67]],
    ["35 emoji fit alone", "🙂".repeat(35), ["ucs2", 1, 70, 70]],
    ["a surrogate pair moves whole", `${"ŵ".repeat(66)}🙂${"ŵ".repeat(65)}`, ["ucs2", 2, 133, 67]],
    ["and the unit it left empty counts", `${"ŵ".repeat(66)}🙂${"ŵ".repeat(66)}`, ["ucs2", 3, 134, 67]],
    ["a flag moves whole", `${"ŵ".repeat(64)}${FLAG}${"ŵ".repeat(63)}`, ["ucs2", 2, 131, 67]],
    ["and the three units it left empty count", `${"ŵ".repeat(64)}${FLAG}${"ŵ".repeat(64)}`, ["ucs2", 3, 132, 67]],
    ["a family moves whole", `${"ŵ".repeat(60)}${FAMILY}${"ŵ".repeat(57)}`, ["ucs2", 3, 128, 67]],
    ["a keycap moves whole", `${"ŵ".repeat(65)}${KEYCAP}${"ŵ".repeat(65)}`, ["ucs2", 3, 133, 67]],
    ["a combining mark stays with its letter", `${"ŵ".repeat(66)}e\u0301${"ŵ".repeat(66)}`, ["ucs2", 3, 134, 67]],
    ["CR LF stays together in UCS-2", `${"ŵ".repeat(66)}\r\n${"ŵ".repeat(66)}`, ["ucs2", 3, 134, 67]],
    ["a character longer than a segment is cut", `e${"\u0301".repeat(200)}`, ["ucs2", 3, 201, 67]],
  ])("%s", (_, text, expected) => {
    expect(count(text)).toEqual(expected);
  });

  const unit = fc.constantFrom(
    "a",
    "€",
    "[",
    "ŵ",
    "🙂",
    FLAG,
    FAMILY,
    KEYCAP,
    "e\u0301",
    "\r\n",
    "각",
    "각",
    "ำ",
    "क्ष",
  );

  it("are enough for every unit, at most one more than the padding asks, and fewer never hold more text", () => {
    fc.assert(
      fc.property(fc.array(unit, { minLength: 1, maxLength: 300 }), unit, (units, more) => {
        const text = units.join("");
        const { segments, units: total, unitsPerSegment, encoding } = measure(text);
        expect(segments).toBeGreaterThanOrEqual(Math.ceil(total / unitsPerSegment));
        const padding = encoding === "gsm7" ? 1 : FAMILY.length - 1;
        expect(segments).toBeLessThanOrEqual(Math.ceil(total / (unitsPerSegment - padding)));
        expect(measure(text + more).segments).toBeGreaterThanOrEqual(segments);
      }),
    );
  });

  it("never cut two code units that Unicode joins, for every code unit of the basic plane", () => {
    const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
    const cut: string[] = [];
    for (let code = 0; code <= 0xffff; code++) {
      const char = String.fromCharCode(code);
      for (const pair of [`ŵ${char}`, `${char}ŵ`, `${char}${char}`]) {
        if ([...segmenter.segment(pair)].length === 2) continue;
        // The pair lies across the 67th unit of 134: kept whole, it leaves one empty and there must be three.
        if (measure("ŵ".repeat(66) + pair + "ŵ".repeat(66)).segments < 3) cut.push(code.toString(16));
      }
    }
    expect(cut).toEqual([]);
  });

  it("of 160 characters are counted in microseconds", () => {
    const text = "Your code is 123456. ".repeat(8).slice(0, 160);
    const from = performance.now();
    for (let i = 0; i < 10_000; i++) measure(text);
    expect((performance.now() - from) / 10_000).toBeLessThan(0.02);
  });
});

describe("smart encoding", () => {
  it("lists each sign it replaces, once, with its count", () => {
    const text = "“It’s – well… ’tis”\u00a0£5";
    const list = [
      { from: "“", to: '"', count: 1 },
      { from: "’", to: "'", count: 2 },
      { from: "–", to: "-", count: 1 },
      { from: "…", to: "...", count: 1 },
      { from: "”", to: '"', count: 1 },
      { from: "\u00a0", to: " ", count: 1 },
    ];
    expect(replacements(text)).toEqual(list);
    expect(smartEncode(text)).toEqual({ text: "\"It's - well... 'tis\" £5", replacements: list });
    expect(measure(smartEncode(text).text).encoding).toBe("gsm7");
  });

  it.each(["1234567890", "１２３٣", "Siân ŵ ŷ ç Á", "👨‍👩‍👧‍👦 🇬🇧", "plain"])("leaves %j", (text) => {
    expect(smartEncode(text)).toEqual({ text, replacements: [] });
  });

  it("never touches a letter or a digit, puts in only GSM 7-bit, and done twice changes nothing more", () => {
    const kept = (text: string) =>
      text.replace(/[^\p{L}\p{N}\p{Extended_Pictographic}\u200d]/gu, "").replaceAll("\u02bc", "");
    const sign = fc.constantFrom(..."‘’“”–—…\u00a0«»\u200b\u2028\t`´");
    fc.assert(
      fc.property(fc.string({ unit: fc.oneof(fc.string({ unit: "grapheme", maxLength: 1 }), sign) }), (text) => {
        const once = smartEncode(text);
        expect(kept(once.text.normalize("NFC"))).toBe(kept(text.normalize("NFC")));
        for (const { from, to } of once.replacements)
          if (!/[\p{M}\u1100-\u11ff]/u.test(from)) expect(measure(to).encoding).toBe("gsm7");
        expect(smartEncode(once.text)).toEqual({ text: once.text, replacements: [] });
      }),
    );
  });
});

describe("smart encoding composes accents first", () => {
  it("so that a decomposed letter costs what the letter costs", () => {
    const text = `e\u0301${"a".repeat(160)}`;
    expect(measure(text)).toMatchObject({ encoding: "ucs2", segments: 3 });
    const encoded = smartEncode(text);
    expect(encoded).toEqual({ text: `é${"a".repeat(160)}`, replacements: [{ from: "e\u0301", to: "é", count: 1 }] });
    expect(measure(encoded.text)).toMatchObject({ encoding: "gsm7", segments: 2 });
  });

  it("and changes nothing else: what is composed is the same text (NFC), done twice it changes nothing more", () => {
    const sign = fc.constantFrom(..."eaoEéu\u0301\u0300\u0308\u0323ŵ각\u1100\u1161\u11a8 \u200b’\u212b\u1fef");
    fc.assert(
      fc.property(fc.string({ unit: sign, maxLength: 30 }), (text) => {
        const once = smartEncode(text).text;
        expect(once.normalize("NFC")).toBe(once);
        expect(smartEncode(once)).toEqual({ text: once, replacements: [] });
        const letters = (of: string) =>
          of
            .normalize("NFC")
            .replaceAll(/[\u200b`'’\u1fef]/g, "")
            .normalize("NFC");
        expect(letters(once)).toBe(letters(text));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("blank means blank", () => {
  const UNSEEN = [
    ..."\u200b\u2060\u00ad\u3164\u2800\u200e\ufe0f\u200d\u180e\u2063\u0301\u115f\u1160\uffa0\u034f\u17b4\ufff9\ufeff\u2066\u3000",
    ..."\u{e0041}\u{e0100}\u{1d173}\u{1d159}\u{13441}\ufffc\u2028\u00a0",
  ];

  it.each(UNSEEN.map((char) => [char]))("%j alone, with others and with spaces is empty", (char) => {
    for (const text of [char, ` ${char} `, char.repeat(3), `${char}\u200b\n`])
      expect(checkText(text)).toMatchObject({ code: "empty_text" });
    expect(checkText(`${char}a`)).toBeNull();
  });

  it.each(["🙂", ".", "é", "e\u0301", "☎", "٣", "あ", "👨‍👩‍👧‍👦", "•", "ㄱ"])("%s is seen", (text) => {
    expect(checkText(text)).toBeNull();
  });
});

describe("a name before a text", () => {
  it.each([
    ["Ann\u0000\nSupport", "Ann Support"],
    ["  Ann\t K ", "Ann K"],
    ["\u202eAnn", "Ann"],
    ["\u200b", null],
    ["\u0000", null],
    ["Siân", "Siân"],
  ])("%j is %j", (name, line) => {
    expect(nameBefore(name)).toBe(line);
  });
});

describe("what cannot be sent is refused", () => {
  it.each([
    ["", "empty_text"],
    [" \n\u00a0 ", "empty_text"],
    ["a\ud83d", "lone_surrogate"],
    ["\ude42a", "lone_surrogate"],
    ["\ude42\ud83d", "lone_surrogate"],
    ["a\0b", "control_character"],
    ["a\tb", "control_character"],
    ["a\u001b[31m", "control_character"],
    ["a\u007f", "control_character"],
    ["a\u0085b", "control_character"],
    ["a\fb", "control_character"],
    ["a".repeat(1531), "text_too_long"],
    ["ŵ".repeat(671), "text_too_long"],
    ["a".repeat(5_000_000), "text_too_long"],
    ["\ud83d".repeat(5_000_000), "text_too_long"],
  ])("%#: %s", (text, code) => {
    expect(checkText(text)?.code).toBe(code);
  });

  it("and what can be sent is not", () => {
    for (const text of ["a", "a\nb\r\nc", "🙂", FAMILY, "a".repeat(1530), "ŵ".repeat(670), "a\u202eb"])
      expect(checkText(text)).toBeNull();
    expect(SEGMENTS_MAX).toBe(10);
    expect(checkText("a".repeat(161), 1)?.code).toBe("text_too_long");
    expect(checkText("a".repeat(160), 1)).toBeNull();
  });

  it("and the reason never quotes the text", () => {
    for (const text of ["canary\0", "canary\ud83d", "canary".repeat(400)])
      expect(checkText(text)?.detail).not.toContain("canary");
  });

  it("stripping leaves what checking takes, and only removes", () => {
    expect(stripControls("a\0b\tc\ud83dd\r\ne🙂")).toBe("ab cd\r\ne🙂");
    expect(stripControls("price \f or\u001b\u0000 x")).toBe("price  or x");
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 60 }), (text) => {
        const problem = checkText(stripControls(text));
        expect(["empty_text", undefined]).toContain(problem?.code);
      }),
    );
  });
});
