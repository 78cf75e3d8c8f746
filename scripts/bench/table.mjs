// The table on the screen. Every target is printed beside the measured value, whether met or not.

const number = (value, digits = 0) =>
  value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const range = ({ median, min, max }, digits = 0) =>
  `${number(median, digits)}  (${number(min, digits)} to ${number(max, digits)})`;

/** Prints the results. */
export function tell({ size, accept, dispatch, latency, whole, growth, allocate, relay, codes, operations }) {
  console.log(`\nMaskline bench: medians of ${size.pairs} interleaved rounds (smallest to largest)`);
  if (accept !== undefined) tellAccept(accept, size);
  if (latency !== undefined) tellLatency(latency);
  if (whole !== undefined)
    row("request to webhook, whole life", `${number(whole.perSecond)} messages/s over ${number(whole.messages)}`);
  if (growth !== undefined) tellGrowth(growth);
  if (allocate !== undefined) tellAllocate(allocate);
  if (relay !== undefined) tellRelay(relay);
  if (dispatch !== undefined) tellDispatch(dispatch, size);
  if (codes !== undefined) tellCodes(codes, size);
  if (operations !== undefined) tellOperations(operations);
}

function tellAllocate({ sizes, ratio }) {
  title("Opening a masked session of two, one at a time; p50 of each round");
  for (const { open, ms } of sizes) row(`with ${number(open)} open`, `${range(ms, 2)} ms`);
  row("most open to fewest", range(ratio, 2), verdict(ratio.median <= 1.3, "1.3 or less"));
}

function tellRelay({ relays, taken, delivered }) {
  title(`Relaying a text through a masked session; ${number(relays)} texts a run, 50 sessions`);
  row("texts/s, stored and answered", range(taken));
  row("texts/s, to the carrier", range(delivered));
}

function title(text) {
  console.log(`\n── ${text}`);
}

function row(name, value, target) {
  console.log(`  ${name.padEnd(44)} ${target === undefined ? value : `${String(value).padEnd(30)} ${target}`}`);
}

const verdict = (met, text) => `target ${text}: ${met ? "met" : "MISSED"}`;

function tellAccept({ contenders, ratios }, { messages, connections }) {
  title(`Accept, dispatch running; ${number(messages)} messages a run, ${connections} connections`);
  const names = { ours: "ours", baseline: "baseline Worker", batch: "ours, batches of 1,000", peer: "Kannel" };
  for (const [name, told] of Object.entries(contenders)) {
    row(`${names[name]}: accepted/s`, range(told.acceptPerSecond));
    row(`${names[name]}: delivered/s to the carrier`, range(told.deliveredPerSecond));
  }
  for (const name of ["ours", "baseline"]) {
    const told = contenders[name];
    row(`${names[name]}: answer p50, p99`, `${number(told.answerP50.median)} ms, ${number(told.answerP99.median)} ms`);
    row(`${names[name]}: handed over while accepting`, `${number(told.handedOverMeanwhile.median * 100)} %`);
    if (!Number.isNaN(told.cpuPerAccepted.median))
      row(`${names[name]}: processor time per accepted`, `${number(told.cpuPerAccepted.median)} µs`);
  }
  const { oursToBaseline, batchToSingle } = ratios;
  console.log(
    "  Ours sweeps its messages after twelve seconds and removes them; that work is between the runs, not in them.",
  );
  row("accept, ours to baseline", range(oursToBaseline, 2), verdict(oursToBaseline.median >= 0.75, "0.75 or more"));
  row("delivered, ours to baseline", range(ratios.oursToBaselineDelivered, 2));
  row("processor time, baseline to ours", range(ratios.oursToBaselineCpu, 2));
  row("batch to single, accepted/s", range(batchToSingle, 1), verdict(batchToSingle.median >= 4, "4 or more"));
  if (ratios.oursToPeer === undefined) return;
  row("accept, ours to Kannel", range(ratios.oursToPeer, 2));
  row("delivered, ours to Kannel", range(ratios.oursToPeerDelivered, 2));
  console.log(
    "  The same: one HTTP request a message on the loopback, an answer after the message is written, one HTTP call to\n" +
      "  the same carrier. Not the same: Kannel is compiled C in two processes. It appends each message to its store file\n" +
      "  but never calls fsync, so a power cut may lose what was answered; ours has called fsync before the 202. It has no\n" +
      "  tenants, tokens or sealing, no idempotency, no caps and no audit, and its numbers and texts are in plaintext.",
  );
}

function tellLatency({ perSecond, ours, baseline }) {
  title(`From the request to the carrier's call, at ${perSecond} messages a second`);
  for (const [name, { p50, p99 }] of Object.entries({ ours, baseline }))
    row(`${name}: p50, p99`, `${number(p50, 1)} ms, ${number(p99, 1)} ms`);
}

function tellGrowth({ few, many, timeRatio }) {
  title("Growth; the records are messages scheduled for tomorrow, in the tenant's object");
  row(`accepted/s with ${number(few.records)} records present`, range(few));
  row(`accepted/s with ${number(many.records)} records present`, range(many));
  row("time, many to few", range(timeRatio, 2), verdict(timeRatio.median <= 1.15, "1.15 or less"));
}

function tellDispatch({ one, two, peer, ratios }, { batches }) {
  title(
    `Handing over, ${number(batches)} batches of 1,000 a run; each carrier call is a signed POST to the same loopback carrier`,
  );
  row("by one account: delivered/s", range(one));
  row("by two accounts, half each: delivered/s", range(two));
  if (peer !== undefined) row("Kannel: delivered/s", range(peer));
  row("two accounts to one", range(ratios.twoToOne, 2));
  if (ratios.twoToPeer !== undefined) row("two accounts to Kannel", range(ratios.twoToPeer, 2));
}

const CODES_BY = {
  ours: "ours",
  bare: "better-auth without a limiter",
  limited: "better-auth, limiter in its database",
};

function tellCodes({ count, contenders, ratios }, { connections }) {
  title(`One-time codes, dispatch running; ${number(count)} a run, each to its own number, ${connections} connections`);
  const names = { starts: "started/s", guesses: "wrong guesses/s", approvals: "approved/s" };
  for (const [who, told] of Object.entries(contenders)) {
    for (const [what, { perSecond, cpu, p50, p99 }] of Object.entries(told)) {
      row(`${CODES_BY[who]}: ${names[what]}`, range(perSecond));
      row("  answer p50, p99", `${number(p50.median)} ms, ${number(p99.median)} ms`);
      if (!Number.isNaN(cpu.median)) row("  processor time each", `${number(cpu.median)} µs`);
    }
  }
  for (const [who, each] of Object.entries(ratios))
    for (const [what, ratio] of Object.entries(each))
      row(
        `${names[what]}, ours to ${CODES_BY[who]}`,
        range(ratio, 2),
        what === "starts" ? undefined : verdict(ratio.median >= 2, "2 or more"),
      );
  for (const line of [
    "better-auth's phone-number plugin on Node with SQLite (write-ahead log, on disk before the answer): the same carrier, one",
    "HTTP request each. Ours counts each guess by verification, destination and person, so the limiter in its database is the",
    "nearest to the same work. Even so it has no audit, no sealing, no lock and no line in a log, and its codes are in plaintext; it",
    "updates the user of an approved number, which ours has none of.",
  ])
    console.log(`  ${line}`);
}

function tellOperations({ operations, dollarsPerMillion, bytes, purge }) {
  title(
    "Platform operations per message: repeat contact, idempotency key, receipt, one event, webhook, record, removal",
  );
  const names = {
    requests: "Worker requests (with queue batches)",
    objectRows: "object rows written (with alarms set)",
    objectCalls: "object calls (with alarms)",
    queueOperations: "queue operations (3 a message)",
    recordRows: "D1 rows written, indexes included",
    keyReads: "KV reads",
    keyWrites: "KV writes",
  };
  for (const [name, count] of Object.entries(operations)) {
    const price = `$${number(dollarsPerMillion[name], 2)} per million`;
    const target = name === "objectRows" ? `   ${verdict(count <= 12, "12 or fewer")}` : "";
    row(names[name], `${number(count, 2).padStart(6)}   ${price}${target}`);
  }
  row(
    "sum",
    `$${number(dollarsPerMillion.sum, 2)} per million messages; processor time, duration and logs come on top`,
  );
  const stores = { object: "tenant's object", records: "D1, indexes included", keys: "KV" };
  for (const [store, each] of Object.entries(bytes)) {
    const target = store === "records" ? `   ${verdict(each <= 500, "500 or fewer")}` : "";
    row(`bytes that stay, ${stores[store]}`, `${number(each).padStart(6)}${target}`);
  }
  const gone = Object.entries(purge.gone).filter(([, count]) => count > 0);
  row("later purge, rows per message", number(purge.rows / purge.messages, 2));
  for (const [name, count] of gone)
    row(`  of which ${name}`, `${number(count)} rows for ${number(purge.messages)} messages`);
}
