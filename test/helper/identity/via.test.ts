// Who is behind a process: its nearest ancestor that is more than a means to an end.
import { describe, expect, it } from "vitest";
import { nearestReason } from "../../../helper/identity/via.ts";

const curl = "/usr/bin/curl";
const bash = "[/usr/bin/bash (with code or options in its command)]";

describe("curl was started", () => {
  it.each<[string, string[], string | null]>([
    ["by an updater", ["/opt/updater", "/usr/lib/systemd/systemd"], "/opt/updater"],
    ["by an updater's shell", [bash, "/opt/updater"], "/opt/updater"],
    ["by a script", ["/usr/bin/bash//home/a/update.sh", bash, "/usr/bin/konsole"], "/usr/bin/bash//home/a/update.sh"],
    ["by npm's script", [bash, "/usr/bin/node//usr/share/npm/npm-cli.js"], "/usr/bin/node//usr/share/npm/npm-cli.js"],
    [
      "through sudo, env and nohup",
      ["/usr/bin/env", "/usr/bin/nohup", "/usr/bin/sudo", "/usr/bin/make"],
      "/usr/bin/make",
    ],
    ["by picket run", ["/usr/bin/node//opt/picket/main/cli/picket.ts", "/usr/bin/make"], "/usr/bin/make"],
    ["by itself", [curl, curl, "/usr/bin/apt"], "/usr/bin/apt"],
    ["by cron", ["/usr/bin/dash", "/usr/sbin/cron", "/usr/lib/systemd/systemd"], "/usr/sbin/cron"],
    ["by a person in a terminal", [bash, "/usr/bin/xterm", "/opt/updater"], null],
    ["by a person from far away", [bash, "/usr/sbin/sshd", "/usr/lib/systemd/systemd"], null],
    ["from the desktop", ["/usr/bin/gnome-shell", "/usr/lib/systemd/systemd"], null],
    ["by the user's systemd", ["/usr/lib/systemd/systemd", "/usr/lib/systemd/systemd"], null],
    ["by nobody that can be named", ["[evil]", "/opt/updater"], null],
    ["by code nobody can name", ["[/usr/bin/python3.11 (with piped code)]", "/opt/updater"], null],
    ["by a shell older than Picket", ["[/usr/bin/zsh (running since before Picket)]", "/opt/updater"], "/opt/updater"],
    ["by an orphan", [], null],
  ])("%s", (_, ancestors, reason) => {
    expect(nearestReason(curl, ancestors)).toBe(reason);
  });
});
