// A vitest reporter: writes every result under its full name, `file > suite > test`, to the file that PICKET_RESULTS names.
import { writeFileSync } from "node:fs";
import type { SerializedError } from "vitest";
import type { Reporter, TestModule, TestSuite } from "vitest/node";
import type { Result } from "./tally.ts";

export default class ResultsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const path = process.env.PICKET_RESULTS;
    if (path) writeFileSync(path, JSON.stringify([...modules.flatMap(resultsOf), ...unhandled.map(unhandledResult)]));
  }
}

function resultsOf(module: TestModule): Result[] {
  const file = module.relativeModuleId;
  const results: Result[] = [];
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    // pending: the run was cut short before it.
    results.push({ name: `${file} > ${test.fullName}`, state: state === "pending" ? "failed" : state });
  }
  // Errors outside any test: a file that cannot be loaded, a hook that threw.
  const broken = (task: TestModule | TestSuite) => task.errors().length > 0;
  for (const suite of module.children.allSuites()) {
    if (broken(suite)) results.push({ name: `${file} > ${suite.fullName} (a hook)`, state: "failed" });
  }
  if (broken(module)) results.push({ name: `${file} (the file itself)`, state: "failed" });
  return results;
}

function unhandledResult(error: SerializedError): Result {
  return { name: `outside every test: ${error.message}`, state: "failed" };
}
