/** What a process weighs, read from the system; on systems without /proc it is not known, and said to be 0. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Resident memory of a process and all its children, in megabytes. */
export function residentMegabytes(pid: number): number {
  if (!existsSync("/proc/self/status")) return 0;
  const parents = new Map<number, { parent: number; kilobytes: number }>();
  for (const name of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    try {
      const status = readFileSync(`/proc/${name}/status`, "utf8");
      const field = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
      parents.set(Number(name), { parent: field("PPid"), kilobytes: field("VmRSS") });
    } catch {
      // it ended meanwhile
    }
  }
  const within = (one: number): boolean => one === pid || (one > 1 && within(parents.get(one)?.parent ?? 0));
  return Math.round(
    [...parents].filter(([one]) => within(one)).reduce((sum, [, { kilobytes }]) => sum + kilobytes, 0) / 1_024,
  );
}
