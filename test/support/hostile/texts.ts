/** Words that break pages: markup, templates, directions, joined and stacked letters, a line without an end. */
export const NAUGHTY = [
  `<script>alert(1)</script><img src=x onerror=alert(2)>`,
  `"'><svg onload=alert(3)>&lt;b&gt; \${alert(4)} {{5}}`,
  `</textarea></style><iframe src="javascript:alert(6)"></iframe><marquee>x`,
  `javascript:alert(7) data:text/html,<script>alert(8)</script>`,
  "\u202Ecba \u05E9\u05DC\u05D5\u05DD \u0645\u0631\u062D\u0628\u0627",
  "\u2066\u2067unclosed \u202Edirections",
  "👩🏽‍🚒 e\u0301 第二行\nsecond line",
  "Z\u0351\u036B\u0343a\u0310\u033Dl\u0334\u0321g\u0322\u0321o",
  "W".repeat(400),
  "--><!--]]>*/ ' OR 1=1 -- ../../etc/passwd %00 %s %n",
];
