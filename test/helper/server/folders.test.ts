// Links on the way to the helper's folders: one that is not root's leads elsewhere tomorrow.
import { spawnSync } from "node:child_process";
import { chmodSync, lchownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ControlServer } from "../../../helper/server/server.ts";

const stranger = 1000;
const main = join(import.meta.dirname, "../../../helper/main.ts");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "picket-folders-"));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "root"), { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true }));

function link(name: string, owner: number): string {
  const path = join(folder, name);
  symlinkSync(join(folder, "root"), path);
  lchownSync(path, owner, owner);
  return path;
}

const server = (path: string) =>
  new ControlServer(
    path,
    () => false,
    async () => ({}),
  );

it("a socket is not made behind a link that is not root's, though it leads to root's folder", async () => {
  await expect(server(join(link("theirs", stranger), "helper.sock")).listen()).rejects.toThrow(
    /link that is not root's/,
  );
  await expect(server(join(link("above", stranger), "run/helper.sock")).listen()).rejects.toThrow(/not root's/);
  const fine = server(join(link("roots", 0), "helper.sock"));
  await fine.listen();
  await fine.close();
});

it.each([
  ["a link that is not root's", () => link("state", stranger), /state is a link that is not root's/],
  ["what is behind a link that is not root's", () => join(link("above", stranger), "state"), /not root's/],
])("a state is not kept in %s, and what is there keeps its mode", (_, make, why) => {
  const state = make();
  const words = [main, "--state", state, "--socket", join(folder, "run/helper.sock"), "--owner", "0"];
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: "utf8", timeout: 60_000 });
  expect(status).toBe(2);
  expect(stderr).toMatch(why);
  expect(statSync(join(folder, "root")).mode & 0o777).toBe(0o755);
  expect(readdirSync(join(folder, "root")).filter((name) => name !== "state")).toEqual([]);
});
