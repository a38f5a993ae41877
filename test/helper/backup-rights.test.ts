// At level protected a backup may be made and looked at by everybody whom the helper serves, and restored by nobody without consent.
import { expect, it } from "vitest";
import { rightOf } from "../../helper/server/rights.ts";

it("needs the right to widen for a restore and for taking it back, and for nothing else", () => {
  expect(rightOf("backup.read", {})).toBe("read");
  expect(rightOf("backup.append", { first: true, text: "" })).toBe("read");
  expect(rightOf("backup.restore", { dryRun: true })).toBe("read");
  expect(rightOf("backup.restore", { dryRun: false })).toBe("widen");
  expect(rightOf("backup.undo", {})).toBe("widen");
});
