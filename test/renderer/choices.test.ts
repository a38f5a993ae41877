// What an answer is for before anybody chooses.
import { expect, test } from "vitest";
import type { Prompt } from "../../contract/words.ts";
import { firstLifetime } from "../../renderer/prompt/choices.tsx";
import { anEndpoint, aPrompt, curl } from "../window/scenario.ts";

const asks = (process: Partial<Prompt["process"]>, state: Prompt["state"] = "held", app = curl) =>
  aPrompt("1", app, anEndpoint("192.0.2.1"), { state, process: { pid: 7, uid: 1000, command: "curl", ...process } });

test("what sudo runs is answered for until it ends, where a rule for good is an administrator's", () => {
  expect(firstLifetime(asks({ uid: 0, person: 1000 }), "forever")).toBe("quit");
  expect(firstLifetime(asks({ uid: 0, person: null }), "forever")).toBe("quit");
  expect(firstLifetime(asks({ uid: 0, person: 1000 }), "1h")).toBe("1h");
  expect(firstLifetime(asks({ uid: 0, person: 1000 }, "inbox"), "forever")).toBe("forever");
});

test("everything else as the person likes it: one's own, root's own, and where nobody is told apart", () => {
  expect(firstLifetime(asks({ person: 1000 }), "forever")).toBe("forever");
  expect(firstLifetime(asks({ uid: 0, person: 0 }), "forever")).toBe("forever");
  expect(firstLifetime(asks({ uid: 0 }), "forever")).toBe("forever");
});

test("once only, where no rule could tell the program again", () => {
  expect(firstLifetime(asks({}, "held", { ...curl, path: "[unknown]" }), "forever")).toBe("once");
});
