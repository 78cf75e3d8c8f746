/** When an account may be called, and how soon a sick one is left alone. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Circuit,
  ILL_CALLS_MIN,
  ILL_IN_A_ROW_MAX,
  PROBE_MS,
  UNPROVEN_CALLS_MAX,
} from "../../../src/carriers/courier/circuit.ts";

const proven = (now = 0) => {
  const circuit = new Circuit(now);
  circuit.leave(1, now);
  circuit.observe("well", now);
  return circuit;
};
const opened = (now = 0) => {
  const circuit = proven(now);
  for (let nth = 0; nth < ILL_IN_A_ROW_MAX; nth += 1) circuit.observe("ill", now);
  expect(circuit.state).toBe("open");
  return circuit;
};

describe("a courier that has just woken", () => {
  it("lets a few calls go and no more, until one of them is back well", () => {
    const circuit = new Circuit(0);
    expect(circuit.leave(100, 0)).toMatchObject({ calls: UNPROVEN_CALLS_MAX, watched: true });
    expect(circuit.leave(100, 1)).toMatchObject({ calls: 0 });
    circuit.observe("well", 2);
    expect(circuit.leave(100, 3)).toEqual({ calls: 100, askAgainAt: 3, watched: false });
  });

  it("whose carrier is down from the start loses no more than those few calls before it stops", () => {
    const circuit = new Circuit(0);
    let called = 0;
    for (let now = 0; now < 1_000; now += 10) {
      const { calls } = circuit.leave(6, now);
      called += calls;
      for (let nth = 0; nth < calls; nth += 1) circuit.observe("ill", now);
    }
    expect(circuit.state).toBe("open");
    expect(called).toBeLessThanOrEqual(UNPROVEN_CALLS_MAX);
  });

  it("forgets calls that were never heard of, instead of standing still", () => {
    const circuit = new Circuit(0);
    circuit.leave(6, 0);
    expect(circuit.leave(6, 14_000).calls).toBe(0);
    expect(circuit.leave(6, 15_001).calls).toBe(6);
  });

  it("gives back leaves that were not used", () => {
    const circuit = new Circuit(0);
    circuit.leave(6, 0);
    circuit.unused(4);
    expect(circuit.leave(6, 1).calls).toBe(4);
  });
});

describe("a circuit", () => {
  it("opens after so many ill calls in a row, and a well one between begins the row anew", () => {
    const circuit = proven();
    for (let round = 0; round < 3; round += 1) {
      for (let nth = 1; nth < ILL_IN_A_ROW_MAX; nth += 1) expect(circuit.observe("ill", round)).toBeNull();
      expect(circuit.observe("well", round)).toBeNull();
    }
    expect(circuit.state).toBe("closed");
  });

  it("opens when half of the last half minute's calls are ill, and not for what is older", () => {
    const mixed = (from: number, step: number) => {
      const circuit = proven();
      for (let nth = 0; nth <= ILL_CALLS_MIN; nth += 1)
        circuit.observe(nth % 3 === 0 ? "well" : "ill", from + nth * step);
      return circuit.state;
    };
    expect(mixed(0, 100)).toBe("open");
    expect(mixed(0, 3_000)).toBe("closed");
  });

  it("open lets nothing go, then one call, and while that one is out no other", () => {
    const circuit = opened();
    expect(circuit.leave(6, PROBE_MS.first - 1)).toMatchObject({ calls: 0, askAgainAt: PROBE_MS.first });
    expect(circuit.leave(6, PROBE_MS.first)).toMatchObject({ calls: 1, watched: true });
    expect(circuit.state).toBe("probing");
    expect(circuit.leave(6, PROBE_MS.first * 5)).toMatchObject({ calls: 0 });
  });

  it("closes on a well probe, and waits twice as long after each ill one, up to half a minute", () => {
    const circuit = opened();
    let now = 0;
    const waits: number[] = [];
    for (let nth = 0; nth < 8; nth += 1) {
      const from = now;
      while (circuit.leave(1, now).calls === 0) now += 500;
      waits.push(now - from);
      circuit.observe("ill", now);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    now += 30_000;
    circuit.leave(1, now);
    expect(circuit.observe("well", now)).toBe("closed");
    expect(circuit.leave(50, now)).toMatchObject({ calls: 50 });
  });

  it("over any outcomes and times never lets more than one call a second go while it is not closed", () => {
    const step = fc.record({ after: fc.integer({ min: 0, max: 3_000 }), ask: fc.integer({ min: 1, max: 10 }), ill: fc.boolean(), heard: fc.boolean() }); // prettier-ignore
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const circuit = new Circuit(0);
        let [now, last] = [0, -Infinity];
        for (const { after, ask, ill, heard } of steps) {
          now += after;
          const sick = circuit.state !== "closed";
          const { calls } = circuit.leave(ask, now);
          if (sick && calls > 0) {
            expect(calls).toBe(1);
            expect(now - last).toBeGreaterThanOrEqual(PROBE_MS.first);
            last = now;
          }
          if (heard) circuit.observe(ill ? "ill" : "well", now);
        }
      }),
    );
  });
});
