// What `npm start` says and does when it cannot start: no root, a helper that runs already, words it does not know.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "./process.ts";

const root = join(import.meta.dirname, "../..");
const start = join(root, "build/start.ts");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "picket-start-"));
  const dpkg = spawnSync("sh", ["-c", "command -v dpkg-query"], { encoding: "utf8" }).stdout.trim();
  if (dpkg) symlinkSync(dpkg, join(folder, "dpkg-query"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("npm start", () => {
  test("without root or sudo says what it needs and stops", async () => {
    // Nobody, but able to read a clone that lies in somebody's private folder.
    const capability = ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"];
    const nobody = ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", ...capability];
    const outcome = await run([...nobody, process.execPath, start, "--socket", join(folder, "none.sock")], {
      env: { PATH: folder, CI: "true" },
    });
    expect(outcome.code).toBe(1);
    expect(outcome.err).toMatch(
      /needs root, for it loads programs into the kernel; this is uid 65534, and there is no sudo/,
    );
    expect(outcome.err).toMatch(/as root:\n(.*\n)?\s+cd .* && npm start/);
    expect(outcome.out).toBe("");
  });

  test("beside a helper that runs says so and stops", async () => {
    const socket = join(folder, "busy.sock");
    const server = createServer((connection) => connection.on("error", () => {})).listen(socket);
    try {
      const outcome = await run([process.execPath, start, "--socket", socket]);
      expect(outcome).toMatchObject({ code: 1, out: "" });
      expect(outcome.err).toBe(`Picket is running already: a helper answers on ${socket}.\n`);
    } finally {
      server.close();
    }
  });

  test("refuses words that it does not know", async () => {
    const outcome = await run([process.execPath, start, "--gaurd", "user.slice"]);
    expect(outcome.code).toBe(1);
    expect(outcome.err).toMatch(/--gaurd.*\nusage: npm start/s);
  });
});
