// Counts test results. A skip counts as one only when a person has reviewed it: test/allowed-skips names it, with a reason.

export type Result = { name: string; state: "passed" | "failed" | "skipped" };
export type Tally = { passed: number; failed: number; skipped: number; unlisted: string[] };

/** Lines `full test name # reason`; a line that starts with # is a comment. Throws on a name without a reason. */
export function parseAllowedSkips(text: string): Set<string> {
  const names = new Set<string>();
  for (const line of text.split("\n").map((one) => one.trim())) {
    if (line === "" || line.startsWith("#")) continue;
    // The last one: a test's name may contain " # " itself.
    const at = line.lastIndexOf(" # ");
    const [name, reason] = at < 0 ? [line, ""] : [line.slice(0, at).trim(), line.slice(at + 3).trim()];
    if (reason === "") throw new Error(`test/allowed-skips: "${name}" has no reason`);
    names.add(name);
  }
  return names;
}

export function tally(results: readonly Result[], allowedSkips: ReadonlySet<string>): Tally {
  const count = (state: Result["state"]) => results.filter((result) => result.state === state).length;
  const unlisted = results.filter(({ state, name }) => state === "skipped" && !allowedSkips.has(name));
  return {
    passed: count("passed"),
    failed: count("failed") + unlisted.length,
    skipped: count("skipped") - unlisted.length,
    unlisted: unlisted.map(({ name }) => name),
  };
}

/** The last line of `npm test`; scripts depend on these words. */
export function lastLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** No test at all is no success. */
export function succeeded({ passed, failed }: Tally): boolean {
  return failed === 0 && passed > 0;
}
