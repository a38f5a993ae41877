// What an interpreter runs, out of its arguments: a script by its name, or nothing that is clear.
import { describe, expect, it } from "vitest";
import { isInterpreter, runs } from "../../../helper/identity/interpreters.ts";

const running = (command: string, interpreted = false, complete = true) => {
  const [executable = "", ...args] = command.split(" ");
  return runs(executable, { words: ["any", ...args], complete }, interpreted);
};

describe("a script", () => {
  it.each([
    ["/usr/bin/python3.11 sync.py", "sync.py"],
    ["/usr/bin/python3.11 -u -B /home/a/sync.py --config x", "/home/a/sync.py"],
    ["/usr/bin/python3 -Es /usr/bin/tool -c x", "/usr/bin/tool"],
    ["/usr/bin/pypy3 -- -odd.py", undefined],
    ["/usr/bin/perl -w -T a.pl", "a.pl"],
    ["/usr/bin/ruby3.1 -W0 a.rb", "a.rb"],
    ["/usr/bin/bash -eu ./a.sh -c", "./a.sh"],
    ["/usr/bin/dash a.sh", "a.sh"],
    ["/home/a/.nvm/node --no-warnings --max-old-space-size=4096 a.js -e", "a.js"],
    ["/usr/bin/java -Xmx512m -jar a.jar", "a.jar"],
    ["/usr/bin/php8.2 a.php", "a.php"],
    ["/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 /usr/bin/curl", "/usr/bin/curl"],
    ["/lib/ld-musl-x86_64.so.1 /usr/bin/curl", "/usr/bin/curl"],
  ])("of %s is %s", (command, argument) => {
    expect(running(command)).toEqual(
      argument === undefined ? expect.objectContaining({ is: "unclear" }) : { is: "script", argument },
    );
  });

  it("is what any executable runs that a first line chose", () => {
    expect(running("/opt/odd a.odd x")).toEqual({ is: "program" });
    expect(running("/opt/odd a.odd x", true)).toEqual({ is: "script", argument: "a.odd" });
    expect(running("/opt/odd -x a.odd", true).is).toBe("unclear");
  });
});

describe("nothing is clear", () => {
  it.each([
    "/usr/bin/python3 -c import",
    "/usr/bin/python3 -Bc import",
    "/usr/bin/python3 -m http.server",
    "/usr/bin/python3 -i a.py",
    "/usr/bin/python3 -W error::evil.X a.py",
    "/usr/bin/python3 -X pycache_prefix=/tmp a.py",
    "/usr/bin/python3 -",
    "/usr/bin/python3",
    "/usr/bin/perl -Mevil a.pl",
    "/usr/bin/perl -we 1",
    "/usr/bin/ruby -revil a.rb",
    "/usr/bin/node -r ./evil.js a.js",
    "/usr/bin/node --import ./evil.js a.js",
    "/usr/bin/node --no-warnings=evil a.js",
    "/usr/bin/bash -c id",
    "/usr/bin/bash --rcfile evil a.sh",
    "/usr/bin/bash +x a.sh",
    "/usr/bin/java -cp evil Main",
    "/usr/bin/java Main",
    "/usr/bin/java -javaagent:evil.jar -jar a.jar",
    "/usr/bin/lua -l evil a.lua",
    "/lib64/ld-linux-x86-64.so.2 --preload evil.so /usr/bin/curl",
  ])("of %s", (command) => {
    expect(running(command).is).toBe("unclear");
  });

  it("when the arguments do not fit and none is left", () => {
    expect(running("/usr/bin/python3", false, false)).toEqual({ is: "unclear", why: "with too many arguments" });
  });
});

describe("an interpreter", () => {
  it.each([
    "/usr/bin/python3.11",
    "/usr/bin/perl",
    "/bin/sh",
    "/opt/node/bin/node",
    "/usr/bin/tclsh8.6",
    "/usr/bin/guile-3.0",
  ])("is %s", (path) => {
    expect(isInterpreter(path)).toBe(true);
  });

  it.each([
    "/usr/bin/curl",
    "/usr/bin/pythonista",
    "/usr/bin/node-exporter",
    "/usr/bin/ssh",
    "/usr/bin/ld",
    "/python3/curl",
  ])("is not %s", (path) => {
    expect(isInterpreter(path)).toBe(false);
  });
});
