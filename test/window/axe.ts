// What axe has to say against a page.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Serious and critical findings, one line each. The pages' policy refuses added scripts, so axe is evaluated by the debugger. */
export async function seriousViolations(page: Page): Promise<string[]> {
  const results = (await page.evaluate(`${axe}; axe.run(document, { resultTypes: ["violations"] })`)) as AxeResults;
  if (results.passes.length < 5) throw new Error("axe looked at next to nothing");
  const serious = results.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(" | ")}`);
}
