// The group by which the installed window is known: somebody else's counts for nothing, and that is said.
import { describe, expect, it } from "vitest";
import { windowGroup } from "../../../helper/server/window-group.ts";

const people = "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n";
const group = (id: string, members = "") => `root:x:0:\nalice:x:1000:\n_picket:!:${id}:${members}\nlast:x:7:\n`;

describe("the window's group", () => {
  it.each(["1", "950", "999"])("is known by its number %s", (id) => {
    expect(windowGroup("_picket", group(id), people)).toEqual({ id: Number(id), problem: null });
  });

  it.each([
    ["there is none", "root:x:0:\n_picket2:x:950:\n", people, /no group _picket/],
    ["its number is no number", group("x"), people, /no group _picket/],
    ["it is root's own", group("0"), people, /no group _picket/],
    ["its number is a person's", group("1000"), people, /number 1000, members: alice/],
    ["its number may become a person's", group("1500"), people, /number 1500, members: none/],
    ["it has members", group("950", "alice,bob"), people, /members: alice bob/],
    ["it is somebody's first one", group("950"), `${people}mallory:x:1001:950::/:/bin/sh\n`, /members: mallory/],
    ["its number has another name with members", `${group("950")}also:x:950:mallory\n`, people, /members: mallory/],
  ])("is nobody's where %s, and why is said", (_, groups, users, problem) => {
    expect(windowGroup("_picket", groups, users)).toEqual({ id: null, problem: expect.stringMatching(problem) });
  });
});
