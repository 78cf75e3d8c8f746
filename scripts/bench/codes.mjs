// One-time codes: how many are started, guessed wrong and approved a second, one HTTP request each, dispatch running. Each
// round has a tenant of its own, because a number takes five codes in ten minutes and no bench may move that cap.
import { runOnce, spread } from "./runs.mjs";

const code = "314159";
const wrong = "271828";
/** Drama numbers that mean nothing special; one code each. */
const numbersMax = 900;

/** Starts, wrong guesses and approvals of the same verifications, in rounds. */
export async function measureCodes(helpers, ours, { pairs, connections, codes }) {
  const seen = { starts: [], guesses: [], approvals: [] };
  const count = Math.min(codes, numbersMax);
  for (let round = -1; round < pairs; round++) {
    const tenant = await ours.tenant();
    const job = { url: `${ours.base}/v1/verifications`, headers: tenant.single.headers, connections, count };
    const starts = await runOnce(helpers, ours, { ...job, kind: "start", code, status: 201, times: true });
    const ids = Object.keys(starts.run.sentAt);
    const check = { ...job, kind: "check", ids, count: ids.length, status: 200, undelivered: true };
    const guesses = await runOnce(helpers, ours, { ...check, code: wrong, holds: '"reason":"wrong_code"' });
    const approvals = await runOnce(helpers, ours, { ...check, code, holds: '"valid":true' });
    if (round < 0) continue; // round -1 warms up
    for (const [name, result] of Object.entries({ starts, guesses, approvals })) seen[name].push(result);
  }
  const of = (name, field) => spread(seen[name].map((result) => result[field]));
  const told = (name) => ({
    perSecond: of(name, "acceptPerSecond"),
    cpu: of(name, "cpuPerAccepted"),
    p50: of(name, "answerP50"),
    p99: of(name, "answerP99"),
  });
  return { count, starts: told("starts"), guesses: told("guesses"), approvals: told("approvals") };
}
