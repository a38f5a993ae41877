// The fetcher as it runs: a confined process, against a real web server on loopback.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FetchPlace, makeFetch } from "../../../helper/blocklists/fetch.ts";
import { cgroupOf, cgroupRoot, processesIn } from "../../../helper/guard/cgroups.ts";
import { page, startSecureWeb, startWeb, type Web } from "./web.ts";

let web: Web;
let secure: Web & { authorities: string };
let folder: string;
let root: string;
const instance = `picket-test-${process.pid}`;

beforeAll(async () => {
  web = await startWeb();
  secure = await startSecureWeb();
  folder = mkdtempSync(join(tmpdir(), "picket-fetch-"));
  root = join(folder, "state");
  mkdirSync(root, { mode: 0o700 });
  writeFileSync(join(root, "secret"), "of the helper");
});

afterAll(async () => {
  await web.stop();
  await secure.stop();
  rmSync(folder, { recursive: true });
});

const cgroup = () => join(cgroupRoot(), cgroupOf(process.pid), `${instance}-fetch`);
let next = 0;

async function fetchFrom(
  url: string,
  known: { etag?: string; modified?: string } = {},
  place: Partial<FetchPlace> = {},
) {
  const file = join(root, `${++next}.part`);
  const fetch = makeFetch({ root, cgroups: cgroupRoot(), instance, ...place });
  const request = { url, etag: known.etag ?? null, modified: known.modified ?? null, file };
  const outcome = await fetch({ ...request, signal: new AbortController().signal });
  return { outcome, text: readFileSync(file, "utf8") };
}

const code = (code: string, message = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe("fetching", () => {
  it("brings the text, and what the server says about it", async () => {
    web.pages.set("/list", page("ads.example.org\n"));
    expect(await fetchFrom(`${web.url}/list`)).toEqual({
      outcome: { etag: '"1"', modified: "Mon, 02 Nov 2026 10:00:00 GMT" },
      text: "ads.example.org\n",
    });
    const again = await fetchFrom(`${web.url}/list`, { etag: '"1"', modified: "Mon, 02 Nov 2026 10:00:00 GMT" });
    expect(again).toEqual({ outcome: "same", text: "" });
    expect(web.asked.at(-1)?.headers["if-modified-since"]).toBe("Mon, 02 Nov 2026 10:00:00 GMT");
  });

  it("goes on under the strict umask of the installed service", async () => {
    const before = process.umask(0o077);
    try {
      web.pages.set("/umask", page("ads.example.net\n"));
      expect(await fetchFrom(`${web.url}/umask`)).toMatchObject({ text: "ads.example.net\n" });
    } finally {
      process.umask(before);
    }
  });

  it("over TLS checks who answers", async () => {
    secure.pages.set("/list", page("ads.example.org\n"));
    const trusted = await fetchFrom(`${secure.url}/list`, {}, { authorities: secure.authorities });
    expect(trusted.text).toBe("ads.example.org\n");
    await expect(fetchFrom(`${secure.url}/list`)).rejects.toEqual(code("fetch_failed", /self-signed/));
  });

  it("unpacks", async () => {
    const text = "ads.example.org\n".repeat(100_000);
    web.pages.set("/packed", (_, answer) => answer.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(text)));
    expect((await fetchFrom(`${web.url}/packed`)).text).toBe(text);
  });

  it("follows a few redirects, none from https to http", async () => {
    const to =
      (location: string): RequestListener =>
      (_, answer) =>
        answer.writeHead(302, { location }).end();
    web.pages.set("/list", page("ads.example.org\n"));
    web.pages.set("/moved", to("/list"));
    web.pages.set("/round", to("/round"));
    web.pages.set("/elsewhere", to("file:///etc/passwd"));
    secure.pages.set("/down", to(`${web.url}/list`));
    expect((await fetchFrom(`${web.url}/moved`)).text).toBe("ads.example.org\n");
    await expect(fetchFrom(`${web.url}/round`)).rejects.toEqual(code("fetch_failed", /redirects/));
    await expect(fetchFrom(`${web.url}/elsewhere`)).rejects.toEqual(
      code("fetch_failed", /redirects from http: to file:/),
    );
    const { authorities } = secure;
    await expect(fetchFrom(`${secure.url}/down`, {}, { authorities })).rejects.toEqual(
      code("fetch_failed", /https: to http:/),
    );
  });

  it("says why there is no text", async () => {
    web.pages.set("/torn", (_, answer) => {
      answer.writeHead(200, { "content-length": "1000" }).write("ads.example.org\n");
      setTimeout(() => answer.destroy(), 50);
    });
    web.pages.set("/torn-pack", (_, answer) => {
      const packed = gzipSync(Buffer.from("ads.example.org\n".repeat(1000)));
      answer.writeHead(200, { "content-encoding": "gzip" }).write(packed.subarray(0, packed.length - 10));
      setTimeout(() => answer.destroy(), 50);
    });
    web.pages.set("/bomb", (_, answer) =>
      answer.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(80_000_000))),
    );
    await expect(fetchFrom(`${web.url}/nothing`)).rejects.toEqual(code("fetch_failed", /404/));
    await expect(fetchFrom(`${web.url}/torn`)).rejects.toEqual(code("fetch_failed"));
    await expect(fetchFrom(`${web.url}/torn-pack`)).rejects.toEqual(code("fetch_failed"));
    await expect(fetchFrom(`${web.url}/bomb`)).rejects.toEqual(code("blocklist_too_large"));
    await expect(fetchFrom("http://127.0.0.1:1/")).rejects.toEqual(code("fetch_failed", /ECONNREFUSED/));
    await expect(fetchFrom("http://nowhere.invalid/")).rejects.toEqual(code("fetch_failed"));
    expect(existsSync(cgroup())).toBe(false);
  });

  it("ends in time, with nothing left of it", async () => {
    web.pages.set("/slow", (_, answer) => {
      answer.writeHead(200).write("ads.example.org\n");
    });
    await expect(fetchFrom(`${web.url}/slow`, {}, { patience: 3000 })).rejects.toEqual(
      code("fetch_failed", /too long/),
    );
    expect(existsSync(cgroup())).toBe(false);
  });
});

describe("the fetcher", () => {
  it("has no privileges, no files but what it needs, and a cgroup of its own", async () => {
    let seen: Record<string, unknown> = {};
    web.pages.set("/look", (_, answer) => {
      const [pid = ""] = processesIn(cgroup());
      const proc = (name: string) => `/proc/${pid}/${name}`;
      const status = readFileSync(proc("status"), "utf8");
      const field = (name: string) => new RegExp(`^${name}:[\\t ]*(.*)$`, "m").exec(status)?.[1];
      const threads = readdirSync(proc("task")).map((thread) => readFileSync(proc(`task/${thread}/status`), "utf8"));
      seen = {
        cgroup: cgroupOf(Number(pid)),
        uid: field("Uid")?.split("\t"),
        gid: field("Gid")?.split("\t"),
        groups: field("Groups")?.trim(),
        threads: threads.every(
          (text) =>
            /^NoNewPrivs:\t1$/m.test(text) &&
            /^CapPrm:\t0+$/m.test(text) &&
            /^CapEff:\t0+$/m.test(text) &&
            /^CapBnd:\t0+$/m.test(text),
        ),
        threadCount: threads.length,
        root: readdirSync(proc("root")),
        state: existsSync(proc(`root${root}/secret`)),
        home: existsSync(proc("root/root")) || existsSync(proc("root/home")) || existsSync(proc("root/proc")),
        // Every mount of its namespace that it can reach is read-only.
        mounts: readFileSync(proc("mountinfo"), "utf8")
          .trim()
          .split("\n")
          .map((line) => line.split(" ")[5]?.split(",")[0]),
        // Nothing from outside is left open; Node opens its own root.
        files: readdirSync(proc("fd")).filter((fd) => {
          const { dev, ino } = statSync(proc(`fd/${fd}`));
          const top = statSync(proc("root"));
          return readlinkSync(proc(`fd/${fd}`)).startsWith("/") && (dev !== top.dev || ino !== top.ino);
        }),
        environment: readFileSync(proc("environ"), "latin1"),
        cwd: readlinkSync(proc("cwd")),
        ourOwn: readlinkSync("/proc/self/ns/mnt") === readlinkSync(proc("ns/mnt")),
      };
      answer.end("ads.example.org\n");
    });
    expect((await fetchFrom(`${web.url}/look`)).text).toBe("ads.example.org\n");
    const { uid, gid, threadCount, root: top, mounts, ...rest } = seen;
    expect(new Set([...(uid as string[]), ...(gid as string[])])).toEqual(new Set(["1879113600"]));
    expect(threadCount).toBeGreaterThan(1);
    expect((top as string[]).filter((name) => !/^(?:lib\w*|usr|etc|nix)$/.test(name)).sort()).toEqual([
      "fetcher.mts",
      "node",
    ]);
    expect(new Set(mounts as string[])).toEqual(new Set(["ro"]));
    expect(rest).toEqual({
      cgroup: join(cgroupOf(process.pid), `${instance}-fetch`),
      groups: "",
      threads: true,
      state: false,
      home: false,
      files: [],
      environment: "HOME=/\0LANG=C.UTF-8\0",
      cwd: "/",
      ourOwn: false,
    });
    expect(readFileSync(join(root, "secret"), "utf8")).toBe("of the helper");
  });
});
