// One-time codes: how many are started, guessed wrong and approved per second, one HTTP request each, with dispatch
// running. Each round has its own tenant, because a number may be sent only five codes in ten minutes.
import { runOnce, spread } from "./runs.mjs";

const code = "314159";
const wrong = "271828";
/** Drama numbers without a special meaning in the sandbox; one code each. */
const numbersMax = 900;

/**
 * Starts, wrong guesses and approvals of the same verifications, in rounds that alternate with the same for each peer.
 */
export async function measureCodes(helpers, ours, peers, { pairs, connections, codes }) {
  const seen = Object.fromEntries(["ours", ...Object.keys(peers)].map((who) => [who, { starts: [], guesses: [], approvals: [] }])); // prettier-ignore
  const count = Math.min(codes, numbersMax);
  for (let round = -1; round < pairs; round++) {
    const tenant = await ours.tenant();
    const job = { url: `${ours.base}/v1/verifications`, headers: tenant.single.headers, connections, count };
    const starts = await runOnce(helpers, ours, { ...job, kind: "start", code, status: 201, times: true });
    const ids = Object.keys(starts.run.sentAt);
    const check = { ...job, kind: "check", ids, count: ids.length, status: 200, undelivered: true };
    const guesses = await runOnce(helpers, ours, { ...check, code: wrong, holds: '"reason":"wrong_code"' });
    const approvals = await runOnce(helpers, ours, { ...check, code, holds: '"valid":true' });
    const results = { ours: { starts, guesses, approvals } };
    for (const [who, peer] of Object.entries(peers))
      results[who] = await peerRound(helpers, peer, { connections, count });
    if (round < 0) continue; // round -1 warms up
    for (const [who, whats] of Object.entries(results))
      for (const [what, result] of Object.entries(whats)) seen[who][what].push(result);
  }
  const told = (results) => {
    const of = (field) => spread(results.map((result) => result[field]));
    return { perSecond: of("acceptPerSecond"), cpu: of("cpuPerAccepted"), p50: of("answerP50"), p99: of("answerP99") };
  };
  const whats = Object.keys(seen.ours);
  const ratio = (what, who) =>
    spread(seen.ours[what].map((result, at) => result.acceptPerSecond / seen[who][what][at].acceptPerSecond));
  return {
    count,
    contenders: Object.fromEntries(
      Object.entries(seen).map(([who, each]) => [
        who,
        Object.fromEntries(whats.map((what) => [what, told(each[what])])),
      ]),
    ),
    ratios: Object.fromEntries(
      Object.keys(peers).map((who) => [who, Object.fromEntries(whats.map((what) => [what, ratio(what, who)]))]),
    ),
  };
}

/** better-auth's phone-number plugin: a code to each number, a wrong guess at each, and the right one. */
async function peerRound(helpers, peer, { connections, count }) {
  const url = `http://127.0.0.1:${peer.ready}`;
  const job = { headers: {}, connections, count };
  const otp = { ...job, url: `${url}/send-otp`, kind: "otp", status: 200 };
  const guess = { ...job, url: `${url}/verify`, kind: "guess", undelivered: true };
  return {
    starts: await runOnce(helpers, peer, otp),
    guesses: await runOnce(helpers, peer, { ...guess, code: wrong, status: 400, holds: "INVALID_OTP" }),
    approvals: await runOnce(helpers, peer, { ...guess, code: "the code", status: 200, holds: '"status":true' }),
  };
}
