// A helper that lost what it knew is never laxer than the kernel was.
import { expect, it } from "vitest";
import { cautious } from "../../helper/after-damage.ts";
import { action } from "../../helper/kernel/layout.ts";
import type { State } from "../../helper/modes.ts";

const learning: State = { mode: "learn", lockdown: false, pause: null, profile: { automatic: true, name: null } };
const nothing = { default_action: 0, override: 0 };

it("asks when the rules are lost, whatever a new folder would begin with", () => {
  expect(cautious(learning, nothing, "lost")).toMatchObject({ mode: "ask", lockdown: false });
  expect(cautious(learning, { default_action: action.allow, override: action.allow }, "lost")).toMatchObject({
    mode: "ask",
    lockdown: false,
  });
});

it("keeps the block and the lockdown that the kernel enforces", () => {
  const enforced = { default_action: action.block, override: action.block };
  expect(cautious(learning, enforced, "lost")).toMatchObject({ mode: "block", lockdown: true });
  expect(cautious(learning, enforced, { copy: 1 })).toMatchObject({ mode: "block", lockdown: true });
});

it("of a copy takes the mode, and no pause", () => {
  const paused = { ...learning, pause: { boot: "this", at: 1 } };
  expect(cautious(paused, nothing, { copy: 1 })).toEqual(learning);
});

it("asks as the kernel does, though the copy is of a time when it learned or allowed", () => {
  for (const mode of ["learn", "allow"] as const) {
    const asks = cautious({ ...learning, mode }, { default_action: action.ask, override: 0 }, { copy: 1 });
    expect(asks).toMatchObject({ mode: "ask", lockdown: false });
  }
  expect(cautious({ ...learning, mode: "block" }, { default_action: action.ask, override: 0 }, { copy: 1 }).mode).toBe(
    "block",
  );
});

it("changes nothing where nothing was lost", () => {
  expect(cautious(learning, { default_action: action.block, override: action.block }, "kept")).toBe(learning);
});
