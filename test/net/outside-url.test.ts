import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeResolved, judgeUrl, URL_CHARS_MAX, type UrlPolicy } from "../../src/net/outside-url.ts";

const STRICT: UrlPolicy = { allowlist: [], allowLoopbackHttp: false };
const LAPTOP: UrlPolicy = { allowlist: [], allowLoopbackHttp: true };

/** Every spelling of this machine and of the metadata service that we know (T37). */
const LOOPBACK_SPELLINGS = [
  "127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7F.0x0.0x0.0x1", "0x7f.1",
  "0177.0.0.1", "0177.1", "017700000001", "00000177.0.0.1", "0x07f.0.0.01", "127.0.0.1.", "127.0.0.0x1", "%31%32%37.0.0.1",
  "127%2e0%2e0%2e1", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "①②⑦.⓪.⓪.①", "１２７.０.０.１", "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "127.0\t.0.1",
  "127.0.0\u00AD.1", "localhost", "LOCALHOST", "localhoſt", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌｏｃａｌｈｏｓｔ", "local\u00ADhost", "localhos%74",
  "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::0.0.0.1]",
]; // prettier-ignore

const PRIVATE_HOSTS = [
  "0", "0.0.0.0", "0x0", "10.0.0.1", "012.0.0.1", "0xa.1", "172.16.0.1", "192.168.1.1", "3232235777", "100.64.0.1",
  "169.254.169.254", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "0xA9.0xFE.0xA9.0xFE", "169.254.43518", "169.16689662",
  "①⑥⑨.②⑤④.①⑥⑨.②⑤④", "169。254。169。254", "168.63.129.16", "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1",
  "255.255.255.255", "4294967295", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::FFFF:A9FE:A9FE]", "[::127.0.0.1]",
  "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::10.0.0.1]", "[2002:7f00:1::]",
  "[2001:0:1::1]", "[fe80::1]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]",
  "[2a00::5efe:7f00:1]", "[::ffff:8.8.8.8]",
]; // prettier-ignore

const UNREADABLE_HOSTS = [
  "[::1%25lo]", "[fe80::1%eth0]", "[fe80::1%25eth0]", "[v1.x]", "[127.0.0.1]", "[::1", "::1", "256.1.1.1", "1.2.3.4.5",
  "0x100000000", "4294967296", "08.0.0.1", "127.0.0.1%00", "127.0.0.1%20", "a b.example.com", "foo.123", "example.0x7f",
  "xn--localhost", "a<b.com", "a^b.com", "a|b.com", "hooks.exam%25ple.com", "",
]; // prettier-ignore

const PRIVATE_NAMES = [
  "intranet", "a", "com", "metadata", "metadata.google.internal", "printer.local", "x.localhost", "foo.localdomain", "db.corp",
  "nas.home", "router.lan", "router.home.arpa", "1.0.0.127.in-addr.arpa", "abc.onion", "site.test", "site.example",
  "site.invalid", "site.alt", "x.intranet", "x.private", "X.LoCaL", "x.ｌｏｃａｌ", "x。local",
]; // prettier-ignore

const MISSHAPEN_NAMES = [
  "hooks.acme.com.", "localhost.", "acme.com..", "acme..com", ".acme.com", "-a.acme.com", "a-.acme.com", "a_b.acme.com",
  "acme.com%2e", "a*.acme.com", "acme.com。", `${"a".repeat(64)}.com`, `${"a.".repeat(127)}com`,
]; // prettier-ignore

function expectRefused(text: string, policy = STRICT) {
  const judged = judgeUrl(text, policy);
  expect(judged, text).toMatchObject({ refused: "url_refused" });
  expect("refused" in judged && judged.detail).toMatch(/^The .+\.$/);
}

describe("a URL outside", () => {
  test.each([
    ["https://hooks.acme.com/sms", "https://hooks.acme.com/sms", "hooks.acme.com", 443, "name"],
    ["https://hooks.acme.com", "https://hooks.acme.com/", "hooks.acme.com", 443, "name"],
    ["https://hooks.acme.com:443/", "https://hooks.acme.com/", "hooks.acme.com", 443, "name"],
    ["https://hooks.acme.com:8443/?a=b&c", "https://hooks.acme.com:8443/?a=b&c", "hooks.acme.com", 8443, "name"],
    ["HTTPS://HOOKS.Acme.COM/Path", "https://hooks.acme.com/Path", "hooks.acme.com", 443, "name"],
    ["https://bücher.de/é", "https://xn--bcher-kva.de/%C3%A9", "xn--bcher-kva.de", 443, "name"],
    ["https://xn--bcher-kva.de/", "https://xn--bcher-kva.de/", "xn--bcher-kva.de", 443, "name"],
    ["https:\\\\hooks.acme.com\\x", "https://hooks.acme.com/x", "hooks.acme.com", 443, "name"],
    ["https://8.8.8.8/", "https://8.8.8.8/", "8.8.8.8", 443, "address"],
    ["https://0x08.8.2056/", "https://8.8.8.8/", "8.8.8.8", 443, "address"],
    ["https://[2606:4700:0:0::1111]:1024/", "https://[2606:4700::1111]:1024/", "2606:4700::1111", 1024, "address"],
    ["https://a-b.c1.acme.com:65535/", "https://a-b.c1.acme.com:65535/", "a-b.c1.acme.com", 65_535, "name"],
  ])("%s may be called, as the parser writes it", (text, href, host, port, kind) => {
    expect(judgeUrl(text, STRICT)).toEqual({ url: { href, host, port, kind } });
  });

  test.each([...LOOPBACK_SPELLINGS, ...PRIVATE_HOSTS, ...UNREADABLE_HOSTS, ...PRIVATE_NAMES, ...MISSHAPEN_NAMES])(
    "https://%s is refused, on any port and path",
    (host) => {
      expectRefused(`https://${host}`);
      expectRefused(`https://${host}:8443/hook?x=1`);
      expectRefused(`http://${host}/`);
      expectRefused(`https://${host}`, {
        ...STRICT,
        allowlist: [host, "*.local", "*.internal", "localhost", "127.0.0.1"],
      });
    },
  );

  test.each([
    "http://hooks.acme.com/", "ftp://hooks.acme.com/", "file:///etc/passwd", "file://hooks.acme.com/x", "gopher://hooks.acme.com/",
    "wss://hooks.acme.com/", "data:text/plain,x", "javascript:alert(1)", "blob:https://hooks.acme.com/x", "dict://hooks.acme.com/",
    "https", "https:", "https://", "//hooks.acme.com/", "/hook", "hooks.acme.com", "", " ", "ht\ntp://hooks.acme.com",
    "view-source:https://hooks.acme.com",
  ])("%j is refused: not https", (text) => {
    expectRefused(text);
    expectRefused(text, LAPTOP);
  }); // prettier-ignore

  test.each([
    "https://user@hooks.acme.com/", "https://user:pass@hooks.acme.com/", "https://:pass@hooks.acme.com/",
    "https://hooks.acme.com@127.0.0.1/", "https://127.0.0.1@hooks.acme.com/", "https://hooks.acme.com%40x@hooks.acme.com/",
    "https://a@b@hooks.acme.com/", "https://hooks.acme.com:443@hooks.acme.com/", "https://%00@hooks.acme.com/",
  ])("%s is refused: it carries a user", (text) => {
    expectRefused(text);
  }); // prettier-ignore

  test.each(["https://hooks.acme.com/#", "https://hooks.acme.com/#a", "https://hooks.acme.com#@127.0.0.1/"])(
    "%s is refused: it has a fragment",
    (text) => {
      expectRefused(text);
    },
  );

  test.each([
    0, 1, 22, 25, 53, 80, 110, 389, 442, 444, 445, 465, 587, 636, 853, 993, 1023, 1719, 2049, 2375, 3306, 5060, 5432, 6000,
    6379, 6667, 9200, 10080, 10250, 11211, 27017,
  ])("port %i is refused", (port) => {
    expectRefused(`https://hooks.acme.com:${String(port)}/`);
    expectRefused(`http://127.0.0.1:${String(port)}/`, LAPTOP);
  }); // prettier-ignore
  test("a port beyond 65535 cannot be read", () => {
    expectRefused("https://hooks.acme.com:65536/");
  });

  test("the longest URL is two thousand characters, as written and as encoded", () => {
    const at = (length: number, unit: string) => `https://hooks.acme.com/${unit.repeat(length)}`;
    const room = URL_CHARS_MAX - at(0, "").length;
    expect(judgeUrl(at(room, "a"), STRICT)).toHaveProperty("url");
    expectRefused(at(room + 1, "a"));
    expectRefused(at(room / 2, "é"));
    expectRefused(`${" ".repeat(URL_CHARS_MAX)}https://hooks.acme.com/`);
  });

  test("a refusal never repeats what was sent", () => {
    for (const text of ["https://zebra:zebra@zebra", "zebra://zebra", "https://zebra.local/zebra", "https://zebra"])
      expect(JSON.stringify(judgeUrl(text, STRICT))).not.toContain("zebra");
  });

  test("whatever is written for an IPv4 host, only a public address passes, and it passes in its own spelling", () => {
    const spellings = [
      (n: number) => String(n),
      (n: number) => `0x${n.toString(16)}`,
      (n: number) => `0${n.toString(8)}`,
      (n: number) => `${String(n >>> 24)}.${String(n & 0xffffff)}`,
      (n: number) => `0x${(n >>> 24).toString(16)}.${String((n >>> 16) & 255)}.0${(n & 0xffff).toString(8)}`,
      (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join("。"),
    ];
    const first = fc.constantFrom(0, 10, 127, 169, 172, 192, 100, 198, 203, 224, 255, 8, 93);
    fc.assert(
      fc.property(first, fc.nat(0xffffff), fc.constantFrom(...spellings), (high, low, spell) => {
        const number = ((high << 24) | low) >>> 0;
        const plain = [high, (low >>> 16) & 255, (low >>> 8) & 255, low & 255].join(".");
        const judged = judgeUrl(`https://${spell(number)}/`, STRICT);
        const expected = "ok" in judgeResolved([plain]);
        expect("url" in judged).toBe(expected);
        if ("url" in judged) expect(judged.url.host).toBe(plain);
      }),
    );
  });

  test("no text whatever makes the guard throw, and what it lets through it lets through again", () => {
    const piece = fc.constantFrom(
      "https://",
      "@",
      ":",
      "/",
      "[",
      "]",
      "%",
      "#",
      "?",
      ".",
      "。",
      "acme.com",
      "127.1",
      "::1",
      "\\",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ unit: "binary" })), { maxLength: 8 }), (pieces) => {
        for (const text of [pieces.join(""), `https://${pieces.join("")}`]) {
          const judged = judgeUrl(text, STRICT);
          if ("url" in judged) expect(judgeUrl(judged.url.href, STRICT)).toEqual(judged);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("the loopback switch", () => {
  test.each(["127.0.0.1", "localhost", "[::1]", "127.1"])("admits this machine as %s, in http and https", (host) => {
    for (const scheme of ["http", "https"])
      expect(judgeUrl(`${scheme}://${host}:8788/hook`, LAPTOP)).toMatchObject({
        url: { kind: "loopback", port: 8788 },
      });
  });
  test.each([
    "http://10.0.0.1:8788/", "http://hooks.acme.com/", "http://8.8.8.8:8788/", "http://0.0.0.0:8788/", "http://localhost/",
    "http://[::ffff:127.0.0.1]:8788/", "http://x.localhost:8788/", "http://localhost.:8788/", "http://user@localhost:8788/",
    "https://10.0.0.1/", "https://169.254.169.254/",
  ])("still refuses %s", (text) => {
    expectRefused(text, LAPTOP);
  }); // prettier-ignore
});

describe("the operator's allowlist", () => {
  const policy = {
    allowlist: ["hooks.acme.com", "*.Partner.example.org", "bücher.de", "8.8.8.8"],
    allowLoopbackHttp: true,
  };
  test.each([
    "https://hooks.acme.com/", "https://HOOKS.acme.com:8443/", "https://a.partner.example.org/", "https://a.b.partner.example.org/",
    "https://xn--bcher-kva.de/", "https://8.8.8.8/",
  ])("lets %s through", (text) => {
    expect(judgeUrl(text, policy)).toHaveProperty("url");
  }); // prettier-ignore
  test.each([
    "https://acme.com/", "https://x.hooks.acme.com/", "https://hooks.acme.com.evil.com/", "https://evilhooks.acme.com/",
    "https://partner.example.org/", "https://evilpartner.example.org/", "https://8.8.4.4/", "http://localhost:8788/",
    "https://[2606:4700::1]/",
  ])("stops %s", (text) => {
    expectRefused(text, policy);
  }); // prettier-ignore

  test("an entry nobody can read opens nothing, and a list of only such entries closes everything", () => {
    for (const entry of ["", "*", "*.", "*.*", "https://hooks.acme.com", "hooks.acme.com/x", "a b", ".com", "%"])
      expectRefused("https://hooks.acme.com/", { allowlist: [entry], allowLoopbackHttp: false });
  });
  test("a wildcard is for names: it never matches the end of an address", () => {
    expectRefused("https://8.8.8.8/", { allowlist: ["*.8.8"], allowLoopbackHttp: false });
  });
});

describe("a resolved name", () => {
  test("may be called when every address is public", () => {
    const addresses = ["93.184.216.34", "2606:4700::1111"];
    expect(judgeResolved(addresses)).toEqual({ ok: addresses });
  });
  test.each([
    [null], [[]], [["127.0.0.1"]], [["93.184.216.34", "10.0.0.1"]], [["10.0.0.1", "93.184.216.34"]], [["::1"]],
    [["::ffff:93.184.216.34"]], [["169.254.169.254"]], [["fe80::1%eth0"]], [["93.184.216.34", ""]], [["hooks.acme.com"]],
  ])("is refused for %j", (addresses) => {
    expect(judgeResolved(addresses)).toMatchObject({ refused: "url_refused" });
  }); // prettier-ignore
});
