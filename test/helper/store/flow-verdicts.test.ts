// Verdicts answered `once`, from their commit until the kernel has them.
import { describe, expect, it } from "vitest";
import { FlowVerdicts } from "../../../helper/store/flow-verdicts.ts";
import { temporaryStore } from "./temporary.ts";

const { open } = temporaryStore();

describe("verdicts on single flows", () => {
  it("outlive the helper until they are carried out", () => {
    const store = open();
    const verdicts = new FlowVerdicts(store, "boot-1");
    verdicts.commit("aa", "allow", 1);
    verdicts.commit("bb", "block", 2);
    verdicts.commit("cc", "allow", 3);
    verdicts.done("cc");
    verdicts.done("never committed");
    store.close();
    expect(new FlowVerdicts(open(), "boot-1").pending()).toEqual([
      { flow: "aa", verdict: "allow" },
      { flow: "bb", verdict: "block" },
    ]);
  });

  it("take the last word on a flow", () => {
    const verdicts = new FlowVerdicts(open(), "boot-1");
    verdicts.commit("aa", "allow", 1);
    verdicts.commit("aa", "block", 2);
    expect(verdicts.pending()).toEqual([{ flow: "aa", verdict: "block" }]);
  });

  it("of another boot are dropped: their sockets' numbers now mean others", () => {
    const store = open();
    new FlowVerdicts(store, "boot-1").commit("aa", "allow", 1);
    expect(new FlowVerdicts(store, "boot-2").pending()).toEqual([]);
    expect(new FlowVerdicts(store, "boot-1").pending()).toEqual([]);
  });

  it("are allow or block, nothing else", () => {
    expect(() => new FlowVerdicts(open(), "b").commit("aa", "ask" as never, 1)).toThrow(/CHECK/);
  });
});
