// An app as one string: put together, taken apart, shown.
import { describe, expect, it } from "vitest";
import { appPathText, joinAppPath, splitAppPath } from "../../contract/app-path.ts";

describe("an app's path", () => {
  it.each([
    ["/usr/bin/curl", "/usr/bin/curl", null, "/usr/bin/curl"],
    ["/usr/bin/python3.11//home/a/sync.py", "/usr/bin/python3.11", "/home/a/sync.py", "/home/a/sync.py (python3.11)"],
    ["/opt/a b/node//x", "/opt/a b/node", "/x", "/x (node)"],
  ])("%s", (path, executable, script, text) => {
    expect(splitAppPath(path)).toEqual({ executable, script });
    expect(joinAppPath({ executable, script })).toBe(path);
    expect(appPathText(path)).toBe(text);
  });

  it("in brackets is none: it stays whole", () => {
    expect(splitAppPath("[//x]")).toEqual({ executable: "[//x]", script: null });
    expect(appPathText("[//x]")).toBe("[//x]");
  });
});
