// Tests with real clocks, packets and screens, several at a time on a machine that others use: what fails there now and then may be the
// machine's doing. A few such failures are run again, each file by itself, and told apart from what passed at once (decision 25).
import type { Result } from "./tally.ts";

/** More than these are no accident. */
const mostFailures = 3;
/** Rooms whose tests wait for real parts. Elsewhere inputs are generated: what fails once there has found something, and is never run again. */
const rooms = /^test\/(cli|end-to-end|machine|vm|window)\//;

/** The files that deserve a second run, none where there is nothing to run again or too much of it. */
export function filesToRunAgain(results: readonly Result[]): string[] {
  const failed = results.filter(({ state }) => state === "failed").map(({ name }) => name);
  if (failed.length > mostFailures || !failed.every((name) => rooms.test(name))) return [];
  return [...new Set(failed.map(fileOf))];
}

/**
 * The first run's results, with those of the second in place of what failed, and the names of what passed only then. Whatever fails in the
 * second run counts, also where it had passed; what the second run did not reach stays failed.
 */
export function withSecondRun(
  first: readonly Result[],
  second: readonly Result[],
): { results: Result[]; passedAlone: string[] } {
  const again = new Map(second.map((result) => [result.name, result.state]));
  const passedAlone: string[] = [];
  const results = first.map((result): Result => {
    const state = again.get(result.name);
    if (result.state === "failed" && state === "passed") passedAlone.push(result.name);
    return result.state === "failed" || state === "failed" ? { ...result, state: state ?? "failed" } : result;
  });
  const known = new Set(first.map(({ name }) => name));
  const fresh = second.filter(({ name, state }) => state === "failed" && !known.has(name));
  return { results: [...results, ...fresh], passedAlone };
}

/** `file > suite > test`, or `file (the file itself)`. */
function fileOf(name: string): string {
  return name.split(" ", 1)[0] ?? name;
}
