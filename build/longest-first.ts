// The order of test files: those that take minutes begin first, or one of them would run alone at the end while nothing is beside it.
import { BaseSequencer, type TestSpecification } from "vitest/node";

const longest = [
  "test/vm/vm",
  "test/machine/package",
  "test/end-to-end/resend",
  "test/bpf/load",
  "test/end-to-end/inbound",
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return at < 0 ? longest.length : at;
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}
