// Trains the linear model of the screening (src/screening/model-weights.ts) and prints the figures of docs/screening.md.
//   npm run screening -- <labelled texts: label, tab, text; one a line> [--write]
// Labels: `ham` is wanted, every other label is not. Our own texts (test/screening) are added; they alone are today's. The figures are
// by ten-fold cross-validation: each text is judged by weights that were trained without it. The rules are not trained.
import { readFileSync, writeFileSync } from "node:fs";
import { hitsOf } from "../../src/screening/rules.ts";
import { signalsOf } from "../../src/screening/signals.ts";
import { FEATURES } from "../../src/screening/model.ts";
import { defaultPolicy, judgeText } from "../../src/screening/policy.ts";

const [path] = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
if (path === undefined) {
  console.error("Usage: npm run screening -- <labelled texts> [--write]");
  process.exit(1);
}
const FOLDS = 10;
const ROUNDS = 400;
const RATE = 0.8;
const PENALTY = 0.002;
/** Ours are few and today's; the given ones are many and old. */
const OWN_WEIGHT = 3;

const lines = (file) => readFileSync(file, "utf8").split("\n").filter(Boolean);
const own = (file, label) =>
  lines(new URL(`../../test/screening/${file}`, import.meta.url)).map((text) => ({ label, text, weight: OWN_WEIGHT }));
const texts = [
  ...lines(path).map((line) => ({
    label: line.slice(0, line.indexOf("\t")),
    text: line.slice(line.indexOf("\t") + 1),
    weight: 1,
  })),
  ...own("businesses.txt", "our businesses"),
  ...own("scams.txt", "our scams"),
];
const WANTED = new Set(["ham", "our businesses"]);

// A seeded shuffle, so that the folds are the same each time.
let seed = 42;
const random = () => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
const rows = texts
  .map((one) => {
    const signals = signalsOf(one.text, { from: null, domains: [] });
    const on = FEATURES.flatMap((name, index) => (signals.has(name) ? [index] : []));
    return { ...one, on, scam: WANTED.has(one.label) ? 0 : 1, hits: hitsOf(signals), at: random() };
  })
  .sort((a, b) => a.at - b.at);

const sigmoid = (value) => 1 / (1 + Math.exp(-value));
const valueOf = ({ bias, weights }, on) => on.reduce((sum, index) => sum + weights[index], bias);

/** Logistic regression with an L2 penalty, by gradient descent over all rows. */
function train(some) {
  const model = { bias: 0, weights: new Float64Array(FEATURES.length) };
  const total = some.reduce((sum, { weight }) => sum + weight, 0);
  for (let round = 0; round < ROUNDS; round++) {
    const slope = new Float64Array(FEATURES.length);
    let bias = 0;
    for (const { on, scam, weight } of some) {
      const error = (sigmoid(valueOf(model, on)) - scam) * weight;
      bias += error;
      for (const index of on) slope[index] += error;
    }
    model.bias -= (RATE * 4 * bias) / total;
    for (let index = 0; index < slope.length; index++)
      model.weights[index] -= RATE * 4 * (slope[index] / total + PENALTY * model.weights[index]);
  }
  return model;
}

const judged = [];
for (let fold = 0; fold < FOLDS; fold++) {
  const model = train(rows.filter((_row, index) => index % FOLDS !== fold));
  for (const row of rows.filter((_row, index) => index % FOLDS === fold))
    judged.push({ ...row, score: Math.round(100 * sigmoid(valueOf(model, row.on))) });
}

const policy = defaultPolicy("live");
/** By a rule; the model's own rule, whose weights have seen the text, is left out. */
const held = ({ text }) =>
  judgeText(text, { policy, direction: "outbound", purpose: "service", from: null }).rules.some(
    ({ name, action }) => name !== "very_likely_scam" && (action === "hold" || action === "block"),
  );
const percent = (some, all) => `${((100 * some) / Math.max(1, all)).toFixed(1)} %`;
console.log(
  "| class | texts | held by the rules | score 50 or more | 90 or more | 97 or more |\n| --- | --- | --- | --- | --- | --- |",
);
for (const label of [...new Set(texts.map((one) => one.label))].toSorted((a, b) => a.localeCompare(b))) {
  const of = judged.filter((row) => row.label === label);
  const over = (least) => percent(of.filter(({ score }) => score >= least).length, of.length);
  const byRules = of.filter(held).length;
  console.log(
    `| ${label} | ${of.length} | ${byRules} (${percent(byRules, of.length)}) | ${over(50)} | ${over(90)} | ${over(97)} |`,
  );
}
const notHeld = judged.filter((row) => !held(row));
const gained = (label, least) => notHeld.filter((row) => row.label === label && row.score >= least).length;
console.log(
  `\nOver the rules, a score of 97 adds: ${[...new Set(texts.map((one) => one.label))].map((label) => `${label} ${gained(label, 97)}`).join(", ")}.`,
);
if (process.argv.includes("--show"))
  for (const row of judged.filter((one) => WANTED.has(one.label) && one.score >= 90))
    console.log(row.score, row.text.slice(0, 100));

if (process.argv.includes("--write")) {
  const { bias, weights } = train(rows);
  const listed = FEATURES.map((name, index) => `  ${name}: ${weights[index].toFixed(2)},`);
  const file = new URL("../../src/screening/model-weights.ts", import.meta.url);
  writeFileSync(
    file,
    `/**\n * Written by scripts/screening/train.mjs; nothing of the texts it was trained with is in it. Data.\n */\nexport const BIAS = ${bias.toFixed(2)};\nexport const WEIGHTS = {\n${listed.join("\n")}\n} as const;\n`,
  );
}
