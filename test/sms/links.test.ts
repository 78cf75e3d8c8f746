// Links, e-mail addresses and handles: what is found, and above all what is left alone. Names in the texts are reserved
// (RFC 2606) or made up; figures are printed for both sides.
import { describe, expect, it } from "vitest";
import { patience } from "../support/run/patience.ts";
import { findEmails, findHandles, findLinks, type Place } from "../../src/sms/links.ts";

const found = (find: (text: string) => Place[], text: string) =>
  find(text).map(({ start, end }) => text.slice(start, end));

describe("a link is found", () => {
  it.each([
    ["see https://example.com/me.", "https://example.com/me"],
    ["http:/example.com now", "http:/example.com"],
    ["http:example.com", "http:example.com"],
    ["http:/192.0.2.7:81/a.aspx", "http:/192.0.2.7:81/a.aspx"],
    ["hxxps://example.org/x", "hxxps://example.org/x"],
    ["http// example.com", "http// example.com"],
    ["https://\u200bexample.com", "https://\u200bexample.com"],
    ["tg://resolve?domain=abc", "tg://resolve?domain=abc"],
    ["go www.example.unknownending today", "www.example.unknownending"],
    ["www2.bank-of.test/x", "www2.bank-of.test/x"],
    ["name.xyz is mine", "name.xyz"],
    ["try asha.shop2.online!", "asha.shop2.online"],
    ["(example.co.uk)", "example.co.uk"],
    ["Example.Com", "Example.Com"],
    ["EXAMPLE.COM", "EXAMPLE.COM"],
    ["example.com.Then call", "example.com"],
    ["my.shop-7.example.dev/a?b=c#d,", "my.shop-7.example.dev/a?b=c#d"],
    ["bit.ly/3abc", "bit.ly/3abc"],
    ["t.me/asha", "t.me/asha"],
    ["paypal.me/asha", "paypal.me/asha"],
    ["visit asha.me", "asha.me"],
    ["asha-k.me", "asha-k.me"],
    ["x.com", "x.com"],
    ["пример.рф", "пример.рф"],
    ["ｅｘａｍｐｌｅ．ｃｏｍ", "ｅｘａｍｐｌｅ．ｃｏｍ"],
    ["example。com", "example。com"],
    ["exam\u00adple.com", "exam\u00adple.com"],
    ["𝐞𝐱𝐚𝐦𝐩𝐥𝐞.com", "𝐞𝐱𝐚𝐦𝐩𝐥𝐞.com"],
    ["example [.] com", "example [.] com"],
    ["example dot com", "example dot com"],
    ["example (dot) co.uk", "example (dot) co.uk"],
    ["example.com:8443/x", "example.com:8443/x"],
    ["xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ai"],
  ])("%s", (text, link) => {
    expect(found(findLinks, text)[0]).toBe(link);
  });
});

describe("an address or a handle is found", () => {
  it.each([
    ["asha.k@example.com", "asha.k@example.com"],
    ["mail:asha@example.co.uk.", "asha@example.co.uk"],
    ["asha(at)example(dot)com", "asha(at)example(dot)com"],
    ["asha at example dot com", "asha at example dot com"],
    ["asha@gmail", "asha@gmail"],
    ["asha@hotmail com", "asha@hotmail com"],
    ["ａsha＠example．com", "ａsha＠example．com"],
    ["asha@\u200bexample.com", "asha@\u200bexample.com"],
  ])("%s", (text, address) => {
    expect(found(findEmails, text)[0]).toBe(address);
  });

  it.each([
    ["find me @asha_k99", "@asha_k99"],
    ["insta @ashak", "@ashak"],
    ["I'm @asha.k on there", "@asha.k"],
    ["@asha1990", "@asha1990"],
    ["WhatsApp me: asha1990", "WhatsApp me: asha1990"],
    ["snapchat: ashak", "snapchat: ashak"],
    ["insta is asha_k", "insta is asha_k"],
  ])("%s", (text, handle) => {
    expect(found(findHandles, text)[0]).toBe(handle);
  });
});

/** Sentences of people who leave out spaces, abbreviate, price and time things, and name files. */
const INNOCENT = `You have won a prize.To be fair I never win
costs @2800 a month
im @home
see u @work
meet @the gym @7pm
surfing@10p/10kb
charged@150p/msg
loan @9.25%.Apply now
2 @ £5
let me know.in the morning
its late.so go to bed
thanks.me too
ok.no problem
done.is that all
call me.now
i will.be there
home.at six
nice.do it again
yes.it is
well.you know
Quiz.Win a prize
BLOOD.Send help
Hi.How are you
I.ll be there
i.e. the blue door, e.g. this one
at 7 p.m. or 7.30 a.m.
Ph.D. and B.Sc. in Jan.
St.Helens v Wigan 12.6
Mr.Smith and Dr.Jones
Co. Ltd.
vs.my team
...and so on...in the end
e.t.c.
a.k.a. Bob
U.K. and U.S.A.
open report.zip and notes.md
run setup.py then script.sh
£4.99.Is that ok
1.5 or 2.0
10.30-11.15
v2.0.1
24/7 and/or him/her
w/o sugar
love.Rakesh
her.my mum said
too.pray for me
that.dont worry
signal is bad here
telegram is down
insta is fun
snap! me too
facebook is full of ads
meet me at dot's cafe
look at that dot on the map
the dot com years
dinner at ten dot on the hour
I am at the north gate
@ the station
email me later
no www here
awww. that is sweet
http is a protocol
ratio 3:2:1
C:/Users/Bob
km/h
(at) the corner
50.50 chance
Sat.Sun.Mon
1st.2nd.3rd
yes/no
ten out of ten!`.split("\n");

describe("is left alone", () => {
  it.each(INNOCENT)("%s", (text) => {
    expect([...found(findLinks, text), ...found(findEmails, text), ...found(findHandles, text)]).toEqual([]);
  });
});

it("texts of 500 characters are read in microseconds, and ten times the text takes ten times as long", () => {
  const all = (text: string) => [findLinks(text), findEmails(text), findHandles(text)];
  const text = INNOCENT.join(" ").slice(0, 500);
  let best = Infinity;
  for (let round = 0; round < 200; round++) {
    const from = performance.now();
    for (let i = 0; i < 10; i++) all(text);
    best = Math.min(best, (performance.now() - from) * 100);
  }
  console.log(`links, addresses and handles: ${best.toFixed(1)} µs per 500 characters`);
  expect(best).toBeLessThan(patience(150));
  for (const piece of [
    "a@",
    "a.",
    "a at ",
    "www.",
    "http:",
    "@",
    "a",
    "a.b.c.d.",
    "dot ",
    "1.",
    "@a_1 ",
    "signal is ",
  ]) {
    const time = (length: number) => {
      const from = performance.now();
      all(piece.repeat(length / piece.length));
      return performance.now() - from;
    };
    time(20_000);
    expect(time(200_000), piece).toBeLessThan(Math.max(1_000, 40 * time(20_000)));
  }
});
