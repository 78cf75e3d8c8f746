// One-time codes: how many are started, guessed wrong and approved a second, one HTTP request each, dispatch running. Each
// round has a tenant of its own, because a number takes five codes in ten minutes and no bench may move that cap.
import { runOnce, spread } from "./runs.mjs";

const code = "314159";
const wrong = "271828";
/** Drama numbers that mean nothing special; one code each. */
const numbersMax = 900;

/** Starts, wrong guesses and approvals of the same verifications, in rounds; and the same of better-auth, turn about. */
export async function measureCodes(helpers, ours, peer, { pairs, connections, codes }) {
  const seen = { starts: [], guesses: [], approvals: [], peerStarts: [], peerGuesses: [], peerApprovals: [] };
  const count = Math.min(codes, numbersMax);
  for (let round = -1; round < pairs; round++) {
    const tenant = await ours.tenant();
    const job = { url: `${ours.base}/v1/verifications`, headers: tenant.single.headers, connections, count };
    const starts = await runOnce(helpers, ours, { ...job, kind: "start", code, status: 201, times: true });
    const ids = Object.keys(starts.run.sentAt);
    const check = { ...job, kind: "check", ids, count: ids.length, status: 200, undelivered: true };
    const guesses = await runOnce(helpers, ours, { ...check, code: wrong, holds: '"reason":"wrong_code"' });
    const approvals = await runOnce(helpers, ours, { ...check, code, holds: '"valid":true' });
    const theirs = await peerRound(helpers, peer, { connections, count });
    if (round < 0) continue; // round -1 warms up
    for (const [name, result] of Object.entries({ starts, guesses, approvals, ...theirs })) seen[name].push(result);
  }
  const of = (name, field) => spread(seen[name].map((result) => result[field]));
  const told = (name) => ({
    perSecond: of(name, "acceptPerSecond"),
    cpu: of(name, "cpuPerAccepted"),
    p50: of(name, "answerP50"),
    p99: of(name, "answerP99"),
  });
  const ratio = (a, b) => spread(seen[a].map((result, at) => result.acceptPerSecond / seen[b][at].acceptPerSecond));
  return {
    count,
    starts: told("starts"),
    guesses: told("guesses"),
    approvals: told("approvals"),
    peer: { starts: told("peerStarts"), guesses: told("peerGuesses"), approvals: told("peerApprovals") },
    ratios: {
      starts: ratio("starts", "peerStarts"),
      guesses: ratio("guesses", "peerGuesses"),
      approvals: ratio("approvals", "peerApprovals"),
    },
  };
}

/** better-auth's phone-number plugin: a code to each number, a wrong guess at each, and the right one. */
async function peerRound(helpers, peer, { connections, count }) {
  const url = `http://127.0.0.1:${peer.ready}`;
  const job = { headers: {}, connections, count };
  const otp = { ...job, url: `${url}/send-otp`, kind: "otp", status: 200 };
  const guess = { ...job, url: `${url}/verify`, kind: "guess", undelivered: true };
  return {
    peerStarts: await runOnce(helpers, peer, otp),
    peerGuesses: await runOnce(helpers, peer, { ...guess, code: wrong, status: 400, holds: "INVALID_OTP" }),
    peerApprovals: await runOnce(helpers, peer, { ...guess, code: "the code", status: 200, holds: '"status":true' }),
  };
}
