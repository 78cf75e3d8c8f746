import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isAddress, isLoopbackAddress, isPublicAddress, matchesAllowlist, parseCidr } from "../../src/net/address.ts";

const PUBLIC = [
  "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
  "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
  "198.20.0.0", "223.255.255.255", "168.63.129.15", "168.63.129.17",
  "2606:4700:4700::1111", "2a00:1450:4009::200e", "2001:4860:4860::8888", "2600::1", "2001:200::1", "2a00:0:0:0:1:5efe:a00:1",
]; // prettier-ignore

const NOT_PUBLIC: readonly (readonly [string, string])[] = [
  ["unspecified", "0.0.0.0"], ["this network", "0.1.2.3"], ["loopback", "127.0.0.1"], ["loopback's end", "127.255.255.255"],
  ["private 10", "10.0.0.1"], ["private 172.16", "172.16.0.1"], ["private 172.31", "172.31.255.255"],
  ["private 192.168", "192.168.1.1"], ["CGNAT", "100.64.0.1"], ["CGNAT's end", "100.127.255.255"],
  ["Alibaba metadata", "100.100.100.200"], ["link-local", "169.254.0.1"], ["metadata", "169.254.169.254"],
  ["Azure wire server", "168.63.129.16"], ["protocol assignments", "192.0.0.1"], ["Oracle metadata", "192.0.0.192"],
  ["documentation 1", "192.0.2.1"], ["documentation 2", "198.51.100.1"], ["documentation 3", "203.0.113.1"],
  ["6to4 relay", "192.88.99.1"], ["benchmarking", "198.18.0.1"], ["benchmarking's end", "198.19.255.255"],
  ["multicast", "224.0.0.1"], ["multicast's end", "239.255.255.255"], ["reserved", "240.0.0.1"], ["broadcast", "255.255.255.255"],
  ["v6 unspecified", "::"], ["v6 loopback", "::1"], ["v6 loopback in full", "0:0:0:0:0:0:0:1"],
  ["mapped loopback", "::ffff:127.0.0.1"], ["mapped in hex", "::ffff:7f00:1"], ["mapped public", "::ffff:8.8.8.8"],
  ["compatible", "::127.0.0.1"], ["compatible public", "::8.8.8.8"], ["translated", "::ffff:0:127.0.0.1"],
  ["NAT64 private", "64:ff9b::10.0.0.1"], ["NAT64 metadata", "64:ff9b::a9fe:a9fe"], ["local NAT64", "64:ff9b:1::10.0.0.1"],
  ["6to4 private", "2002:a00:1::"], ["6to4 loopback", "2002:7f00:1::1"], ["Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
  ["ISATAP private", "2a00:1:2:3:0:5efe:a00:1"], ["ISATAP, universal bit", "2a00:1:2:3:200:5efe:10.0.0.1"],
  ["unique local", "fc00::1"], ["AWS metadata", "fd00:ec2::254"], ["link-local v6", "fe80::1"], ["site-local", "fec0::1"],
  ["multicast v6", "ff02::1"], ["documentation v6", "2001:db8::1"], ["documentation v6, 2024", "3fff::1"],
  ["benchmarking v6", "2001:2::1"], ["ORCHID", "2001:10::1"], ["ORCHID v2", "2001:20::1"], ["discard", "100::1"],
  ["segment routing", "5f00::1"], ["not handed out", "4000::1"], ["not handed out, low", "1::1"],
]; // prettier-ignore

const UNREADABLE = [
  "", " ", "localhost", "127.1", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "2130706433", "0x08080808", "8.8.8", "8.8.8.08",
  "8.8.8.8.", ".8.8.8.8", "8.8.8.8 ", " 8.8.8.8", "8.8.8.256", "8.8.8.8.8", "8.8.8.-8", "+8.8.8.8", "８.8.8.8", "8。8。8。8",
  "①.1.1.1", "8.8.8.8/32", "8.8.8.8:443", "[2606:4700::1]", "2606:4700::1%eth0", "fe80::1%25lo", "2606:4700::1::2",
  "2606:4700:::1", "2606:4700::12345", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", ":", ":::", "::ffff:0x7f.0.0.1",
  "::ffff:0177.0.0.1", "::ffff:127.1", "64:ff9b::8.8.8.08", "2606:4700::1\n", "8.8.8.8\n",
]; // prettier-ignore

describe("an address that may be called", () => {
  test.each(PUBLIC)("%s is public", (ip) => {
    expect(isPublicAddress(ip)).toBe(true);
  });
  test.each(NOT_PUBLIC)("%s is not public: %s", (_, ip) => {
    expect(isAddress(ip)).toBe(true);
    expect(isPublicAddress(ip)).toBe(false);
  });
  test.each(UNREADABLE)("%j is no address, so it is not public and matches no list", (ip) => {
    expect(isAddress(ip)).toBe(false);
    expect(isPublicAddress(ip)).toBe(false);
    expect(matchesAllowlist(ip, ["0.0.0.0/0", "::/0"])).toBe(false);
    expect(parseCidr(ip.replace("/32", "/033"))).toHaveProperty("invalid");
  });

  test("no address that carries IPv4 inside is public, whatever the IPv4 address", () => {
    const low = fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(low, ([a, b]) => {
        const tail = `${a.toString(16)}:${b.toString(16)}`;
        const forms = [`::ffff:${tail}`, `::${tail}`, `::ffff:0:${tail}`, `64:ff9b::${tail}`, `64:ff9b:1::${tail}`];
        forms.push(`2002:${tail}::1`, `2001:0:${tail}::1`, `2a00:1:2:3:0:5efe:${tail}`);
        for (const form of forms) expect(isPublicAddress(form), form).toBe(false);
      }),
    );
  });

  test("only 127.0.0.0/8 and ::1 are loopback", () => {
    for (const ip of ["127.0.0.1", "127.9.9.9", "::1"]) expect(isLoopbackAddress(ip)).toBe(true);
    for (const ip of ["128.0.0.1", "0.0.0.0", "::", "::2", "::ffff:127.0.0.1", "localhost", "127.1"])
      expect(isLoopbackAddress(ip)).toBe(false);
  });

  test("the family can be asked for", () => {
    expect(isAddress("8.8.8.8", "ipv4")).toBe(true);
    expect(isAddress("8.8.8.8", "ipv6")).toBe(false);
    expect(isAddress("::ffff:8.8.8.8", "ipv6")).toBe(true);
  });
});

describe("an allowlist", () => {
  test.each([
    ["192.0.2.7", "192.0.2.0/24", true],
    ["192.0.3.7", "192.0.2.0/24", false],
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.8", "192.0.2.7", false],
    ["192.0.2.7", "192.0.2.6/31", true],
    ["255.1.2.3", "0.0.0.0/0", true],
    ["::ffff:192.0.2.7", "192.0.2.0/24", true],
    ["::FFFF:C000:0207", "192.0.2.0/24", true],
    ["192.0.2.7", "::ffff:192.0.2.0/120", true],
    ["::ffff:192.0.2.7", "::ffff:192.0.2.0/120", true],
    ["192.0.2.7", "::/0", false],
    ["::ffff:192.0.2.7", "::/0", false],
    ["2001:db8::1", "0.0.0.0/0", false],
    ["::192.0.2.7", "192.0.2.0/24", false],
    ["2001:db8::1", "2001:db8::/32", true],
    ["2001:0DB8:0:0:0:0:0:1", "2001:db8::1", true],
    ["2001:db9::1", "2001:db8::/32", false],
    ["2001:db8::1", "2001:db8::1/127", true],
    ["192.0.2.7", "192.0.2.0/33", false],
    ["192.0.2.7", "0xc0.0.2.0/24", false],
    ["192.0.2.7", "192.0.2", false],
    ["192.0.2.7", "", false],
  ])("for peer %s, rule %s answers %s", (ip, rule, expected) => {
    expect(matchesAllowlist(ip, [rule])).toBe(expected);
    expect(matchesAllowlist(ip, ["198.51.100.1", rule])).toBe(expected);
  });

  test("an empty list matches nobody", () => {
    expect(matchesAllowlist("192.0.2.7", [])).toBe(false);
  });

  const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
  test("an IPv4 peer matches exactly when its first bits are the rule's, and so does its mapped form", () => {
    const number = (parts: readonly number[]) => parts.reduce((sum, part) => sum * 256 + part, 0);
    fc.assert(
      fc.property(octets, octets, fc.nat(32), fc.boolean(), (rule, other, bits, near) => {
        const size = 2 ** (32 - bits);
        const peer = near ? rule : other;
        const expected = Math.floor(number(rule) / size) === Math.floor(number(peer) / size);
        expect(matchesAllowlist(peer.join("."), [`${rule.join(".")}/${String(bits)}`])).toBe(expected);
        expect(matchesAllowlist(`::ffff:${peer.join(".")}`, [`${rule.join(".")}/${String(bits)}`])).toBe(expected);
      }),
    );
  });
});

describe("a rule of an allowlist", () => {
  test.each([
    ["192.0.2.0/24", "192.0.2.0/24"],
    ["192.0.2.7", "192.0.2.7/32"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["2001:0DB8:0000::/32", "2001:db8::/32"],
    ["2001:db8::1", "2001:db8::1/128"],
    ["::/0", "::/0"],
    ["::ffff:192.0.2.0/120", "192.0.2.0/24"],
    ["::ffff:0:0/96", "0.0.0.0/0"],
    ["::ffff:192.0.2.7", "192.0.2.7/32"],
    ["::/80", "::/80"],
  ])("%s is written %s", (text, cidr) => {
    expect(parseCidr(text)).toEqual({ cidr });
  });

  test.each([
    ["10.0.0.1/8", "10.0.0.0/8"],
    ["192.0.2.129/25", "192.0.2.128/25"],
    ["255.255.255.255/0", "0.0.0.0/0"],
    ["2001:db8::1/32", "2001:db8::/32"],
    ["2001:db8:ffff::/33", "2001:db8:8000::/33"],
    ["::ffff:10.0.0.1/104", "10.0.0.0/8"],
    ["::ffff:0:0/90", "::ffc0:0:0/90"],
  ])("%s is refused with %s in the sentence", (text, network) => {
    const answer = parseCidr(text);
    expect(answer).toHaveProperty("invalid");
    expect("invalid" in answer && answer.invalid).toContain(` ${network} `);
  });

  test.each([
    "10/8", "10.0/16", "010.0.0.0/8", "0xa.0.0.0/8", "10.0.0.0/08", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8",
    "10.0.0.0/8 ", " 10.0.0.0/8", "10.0.0.0/255.0.0.0", "10.0.0.0/8.0", "10.0.0.0/1e1", "::/129", "::1%eth0/128", "example.com/24",
    "::ffff:010.0.0.0/104", "/8", "/", "*", "10.*",
  ])("%j is refused", (text) => {
    expect(parseCidr(text)).toHaveProperty("invalid");
  }); // prettier-ignore

  test("what is accepted reads back as itself, and matches what the first spelling matched", () => {
    const group = fc.nat(0xffff).map((value) => value.toString(16));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), fc.nat(128), (groups, bits) => {
        const answer = parseCidr(`${groups.join(":")}/${String(bits)}`);
        const sentence = "cidr" in answer ? answer.cidr : (/Write (\S+) for/.exec(answer.invalid)?.[1] ?? "");
        expect(parseCidr(sentence)).toEqual({ cidr: sentence });
        expect(matchesAllowlist(groups.join(":"), [sentence])).toBe(true);
      }),
    );
  });

  test("IPv6 is written as the URL standard writes it", () => {
    const group = fc.oneof(
      fc.constant("0"),
      fc.nat(0xffff).map((value) => value.toString(16)),
    );
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const text = groups.join(":");
        fc.pre(!text.startsWith("0:0:0:0:0:ffff:"));
        const judged = new URL(`https://[${text}]`).hostname.slice(1, -1);
        expect(parseCidr(text)).toEqual({ cidr: `${judged}/128` });
      }),
    );
  });
});
