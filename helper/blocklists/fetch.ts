// The helper's side of fetching: starts the confined fetcher and keeps what comes out of its pipe. It reads one line of JSON; of HTTP,
// TLS and packed bytes it sees nothing.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { CodedError } from "../../contract/errors.ts";
import { cgroupOf } from "../guard/cgroups.ts";
import type { Validators } from "../store/blocklists.ts";
import { largestList } from "./content.ts";

export interface FetchRequest extends Validators {
  readonly url: string;
  /** Where the text goes. It is whole only if the promise says so. */
  readonly file: string;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}

/** "same": the server has nothing newer. Errors: fetch_failed, blocklist_too_large. */
export type Fetch = (request: FetchRequest) => Promise<Validators | "same">;

export interface FetchPlace {
  /** A folder of root's that the fetcher's own file system is built over, in its own mount namespace alone. */
  readonly root: string;
  /** The cgroup2 mount. */
  readonly cgroups: string;
  readonly instance: string;
  /** PEM, for tests. */
  readonly authorities?: string;
  /** Milliseconds for all of it. */
  readonly patience?: number;
}

const patience = 300_000;
const longestHeader = 4096;
/** Bytes and processes, where those controllers are at hand. */
const limits = { "memory.max": String(256 * 1024 * 1024), "memory.swap.max": "0", "pids.max": "64" };

const text = v.nullable(v.pipe(v.string(), v.maxLength(1024)));
const headerSchema = v.variant("status", [
  v.strictObject({ status: v.literal("same") }),
  v.strictObject({ status: v.literal("new"), etag: text, modified: text }),
]);

export function makeFetch(place: FetchPlace): Fetch {
  // Below the helper's own: whoever stops the helper's service stops this, too. A user's session has no part in it.
  const cgroup = join(place.cgroups, cgroupOf(process.pid), `${place.instance}-fetch`);
  void removeEmptied(cgroup); // of a helper that was killed; its fetcher died with it
  return async (request) => {
    makeLimited(cgroup);
    const file = await open(request.file, "w", 0o600);
    try {
      return await fetchInto(file, request, place, cgroup);
    } finally {
      await file.close();
      await removeEmptied(cgroup);
    }
  };
}

async function fetchInto(
  file: FileHandle,
  { url, etag, modified, signal }: FetchRequest,
  place: FetchPlace,
  cgroup: string,
): Promise<Validators | "same"> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "confine-fetcher.ts"), place.root, cgroup], {
    stdio: ["pipe", "pipe", "pipe"],
    cwd: "/",
    env: {},
    signal: AbortSignal.any([signal, AbortSignal.timeout(place.patience ?? patience)]),
    killSignal: "SIGKILL",
  });
  const ended = endOf(child);
  const complaint = collect(child);
  const request = { url, etag, modified, limit: largestList, authorities: place.authorities ?? null };
  child.stdin?.on("error", () => {}); // it ended before it had read: its end says why
  child.stdin?.end(JSON.stringify(request));
  try {
    const header = await receive(child, file);
    const code = await ended;
    if (code !== 0 || header === null) throw failure(complaint(), signal);
    return header.status === "same" ? "same" : { etag: header.etag, modified: header.modified };
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

/** Everything after the first line goes to the file. Null when it ended without one. */
async function receive(child: ChildProcess, file: FileHandle): Promise<v.InferOutput<typeof headerSchema> | null> {
  let header: v.InferOutput<typeof headerSchema> | null = null;
  let first = Buffer.alloc(0);
  let bytes = 0;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    let piece = chunk;
    if (header === null) {
      first = Buffer.concat([first, chunk]);
      const end = first.indexOf(10);
      if (end < 0 && first.length <= longestHeader) continue;
      header = parseHeader(first.subarray(0, Math.max(0, end)));
      piece = first.subarray(end + 1);
    }
    bytes += piece.length;
    if (bytes > largestList) throw new CodedError("blocklist_too_large", `${largestList / 1024 / 1024} MiB`);
    for (let at = 0; at < piece.length; ) at += (await file.write(piece, at)).bytesWritten;
  }
  return header;
}

function parseHeader(line: Buffer): v.InferOutput<typeof headerSchema> {
  try {
    return v.parse(headerSchema, JSON.parse(line.toString("utf8")));
  } catch {
    throw new CodedError("fetch_failed", "the fetcher is out of its mind");
  }
}

function failure(complaint: string, signal: AbortSignal): CodedError {
  if (signal.aborted) return new CodedError("fetch_failed", "the helper ends");
  if (complaint === "too large") return new CodedError("blocklist_too_large", `${largestList / 1024 / 1024} MiB`);
  return new CodedError("fetch_failed", complaint || "it took too long, or more than it may");
}

/** The exit code; null for one that was killed or could not be started. */
function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    // Also when it was ended in time: then "close" is still to come.
    child.on("error", () => {
      if (child.pid === undefined) resolve(null);
    });
    child.once("close", (code) => resolve(code));
  });
}

/** The beginning of what it says on stderr, one line. */
function collect(child: ChildProcess): () => string {
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    if (said.length < 1000) said += chunk.toString("utf8");
  });
  return () =>
    said
      .replace(/[\p{Cc}\p{Cf}]+/gu, " ")
      .trim()
      .slice(0, 300);
}

function makeLimited(cgroup: string): void {
  mkdirSync(cgroup, { recursive: true });
  for (const [file, value] of Object.entries(limits)) {
    // Where a controller is not delegated to us, the limits of the process remain (confine-fetcher.ts).
    if (existsSync(join(cgroup, file))) writeFileSync(join(cgroup, file), value);
  }
}

/** A process that was just killed keeps its cgroup for a moment. */
async function removeEmptied(cgroup: string): Promise<void> {
  for (let round = 0; round < 100; round++) {
    try {
      rmdirSync(cgroup);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EBUSY") return;
      await sleep(20);
    }
  }
}
