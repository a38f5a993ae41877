// Who may put a version beside another.
import { describe, expect, it } from "vitest";
import { isOneApp, type Step, writerOf } from "../../../helper/identity/writers.ts";

const [root, alice, bob]: [Step, Step, Step] = [
  { uid: 0, mode: 0o40755 },
  { uid: 1000, mode: 0o40755 },
  { uid: 1001, mode: 0o40755 },
];
const sticky: Step = { uid: 0, mode: 0o41777 };
const group: Step = { uid: 0, mode: 0o42775 };

describe("who may change where a path leads", () => {
  it.each([
    ["root alone", [root, root, root], "root"],
    ["a user in a folder of root's", [root, alice, alice], 1000],
    ["a user whose folder has a file of root's", [root, alice, root], 1000],
    ["nobody in particular: two users", [root, alice, bob], null],
    ["nobody in particular: everybody", [root, sticky, alice], null],
    ["nobody in particular: a group", [root, group, root], null],
  ] as const)("%s", (_, way, writer) => {
    expect(writerOf(way)).toBe(writer);
  });
});

// "/", "/opt", "/opt/app-1.2", "/opt/app-1.2/app": two steps lead to where the versions are.
describe("versions beside each other are one app", () => {
  it.each([
    ["root's", [root, root, root, root], true],
    ["a user's in the user's folder", [root, alice, alice, alice], true],
    ["root's in the user's folder", [root, alice, root, root], true],
  ] as const)("%s", (_, way, one) => {
    expect(isOneApp(way, 2)).toBe(one);
  });

  it.each([
    ["a user's in a folder of root's", [root, root, alice, alice]],
    ["a user's file in root's version", [root, root, root, alice]],
    ["another user's in a user's folder", [root, alice, bob, bob]],
    ["one that everybody may fill", [root, root, sticky, root]],
    ["anybody's", [root, sticky, alice, alice]],
  ] as const)("not %s", (_, way) => {
    expect(isOneApp(way, 2)).toBe(false);
  });
});
