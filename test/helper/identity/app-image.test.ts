// Who serves itself: what a process has open, as /proc tells it.
import { describe, expect, it } from "vitest";
import { type Open, parseOpen, servesItself } from "../../../helper/identity/app-image.ts";

const executable = "/home/alice/Foo.AppImage";
const inode = "17";
const [readOnly, writeOnly, both] = [0o100000, 0o102001, 0o2];

const image: Open = { path: executable, flags: readOnly, inode, connection: null };
const connection: Open = { path: "/dev/fuse", flags: both, inode: "90", connection: 42 };
const terminal: Open = { path: "/dev/pts/0", flags: both, inode: "3", connection: null };
const pipe: Open = { path: "pipe:[1234]", flags: readOnly, inode: "1234", connection: null };
const log: Open = { path: "/home/alice/.xsession-errors", flags: writeOnly, inode: "5", connection: null };
const own = [terminal, pipe, log, image, connection];

it("reads what fdinfo says", () => {
  const text = "pos:\t0\nflags:\t02100002\nmnt_id:\t24\nino:\t90\nfuse_connection:\t42\n";
  expect(parseOpen("/dev/fuse", text)).toEqual({ path: "/dev/fuse", flags: 0o2100002, inode: "90", connection: 42 });
  expect(parseOpen("/x", "pos:\t0\nflags:\t0100000\nmnt_id:\t24\nino:\t7\n").connection).toBeNull();
});

describe("an AppImage serves itself", () => {
  it("with its image, its one connection and what anybody has", () => {
    expect(servesItself(own, 42, executable, inode)).toBe(true);
  });

  const evil: Open = { path: "/home/alice/Evil.AppImage", flags: readOnly, inode: "18", connection: null };
  it.each<[string, readonly Open[]]>([
    ["without its image", [terminal, connection]],
    ["with another image", [terminal, evil, connection]],
    ["with another image besides its own", [...own, evil]],
    ["with a file of its name that is another", [{ ...image, inode: "19" }, connection]],
    ["with a file in memory", [...own, { ...evil, path: "/memfd:x (deleted)" }]],
    ["with a file that it may read and write", [...own, { ...log, flags: both }]],
    ["with a second connection, handed to it", [...own, { ...connection, connection: 43 }]],
    ["with another connection", [image, { ...connection, connection: 43 }]],
    ["with none, or where the kernel does not tell", [image, { ...connection, connection: null }]],
  ])("and not %s", (_, files) => {
    expect(servesItself(files, 42, executable, inode)).toBe(false);
  });
});
