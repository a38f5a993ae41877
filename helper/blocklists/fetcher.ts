// Fetches one list: a program of its own, confined (confine-fetcher.ts), for what comes from the network is not for root to read.
// It imports nothing but Node. stdin: a request, JSON. stdout: one line of JSON about the text, then the text. Exit code 0: that was
// all of it. Otherwise stderr says why.
import { type LookupAddress, lookup } from "node:dns";
import { once } from "node:events";
import { existsSync, readFileSync, readSync, writeSync } from "node:fs";
import { get as getPlain, type IncomingMessage } from "node:http";
import { get as getSecure } from "node:https";
import { BlockList, isIP, type LookupFunction } from "node:net";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";

interface Request {
  url: string;
  etag: string | null;
  modified: string | null;
  /** Bytes of text, unpacked. */
  limit: number;
  /** Certificates to trust instead of the system's, PEM; for tests. */
  authorities: string | null;
}

const mostRedirects = 5;
/** Without a byte, milliseconds. */
const patience = 20_000;

class Failure extends Error {}

/** Where systems keep the certificates they trust, the administrator's among them. */
const bundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

function authorities(request: Request): { ca?: string } {
  if (request.authorities !== null) return { ca: request.authorities };
  const bundle = bundles.find((path) => existsSync(path));
  return bundle === undefined ? {} : { ca: readFileSync(bundle, "utf8") };
}

const local = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["224.0.0.0", 3],
] as const)
  local.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["::", 127],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  local.addSubnet(network, bits, "ipv6");

function isLocal(address: string): boolean {
  return local.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** Says whether what it looked up is of this machine or network, and refuses it unless that is allowed. */
class Way {
  localSeen = false;
  localAllowed = true;

  check(address: string): void {
    if (!isLocal(address)) return;
    if (!this.localAllowed) throw new Failure("a server of the internet redirects to this machine or network");
    this.localSeen = true;
  }

  readonly lookUp: LookupFunction = (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      try {
        if (error) throw error;
        for (const { address } of addresses) this.check(address);
      } catch (failure) {
        return done(failure as Error, "", 0);
      }
      if (options.all) return done(null, addresses);
      const [first] = addresses;
      done(first ? null : new Failure("no address"), first?.address ?? "", first?.family ?? 0);
    });
  };
}

function ask(url: URL, request: Request, way: Way): Promise<IncomingMessage> {
  const literal = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(literal) !== 0) way.check(literal);
  const headers: Record<string, string> = {
    accept: "text/plain, */*;q=0.5",
    "accept-encoding": "gzip",
    "user-agent": "picket",
  };
  if (request.etag !== null) headers["if-none-match"] = request.etag;
  if (request.modified !== null) headers["if-modified-since"] = request.modified;
  const options = { headers, lookup: way.lookUp, timeout: patience, agent: false };
  return new Promise((resolve, reject) => {
    const asked =
      url.protocol === "https:"
        ? getSecure(url, { ...options, ...authorities(request) }, resolve)
        : getPlain(url, options, resolve);
    asked.on("timeout", () => asked.destroy(new Failure(`no answer for ${patience / 1000} s`)));
    asked.on("error", reject);
  });
}

/** The answer that is not a redirect. */
async function follow(request: Request): Promise<IncomingMessage> {
  const way = new Way();
  let url = new URL(request.url);
  for (let hop = 0; hop <= mostRedirects; hop++) {
    const answer = await ask(url, request, way);
    const { location } = answer.headers;
    if (![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0) || location === undefined) return answer;
    answer.destroy();
    if (!URL.canParse(location, url)) throw new Failure("it redirects to what is no address");
    const next = new URL(location, url);
    if (next.protocol !== "https:" && (next.protocol !== "http:" || url.protocol === "https:"))
      throw new Failure(`it redirects from ${url.protocol} to ${next.protocol}`);
    way.localAllowed = way.localSeen;
    url = next;
  }
  throw new Failure(`more than ${mostRedirects} redirects`);
}

function header(answer: IncomingMessage, name: string): string | null {
  const value = answer.headers[name];
  return typeof value === "string" && value.length <= 1024 ? value : null;
}

/** Waits for the reader: a text is larger than a pipe. */
async function write(bytes: Uint8Array): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, "drain");
}

function unpacked(answer: IncomingMessage): Readable {
  const encoding = answer.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return answer;
  if (encoding !== "gzip" && encoding !== "x-gzip") throw new Failure(`it is packed as ${encoding}`);
  const unzip = createGunzip();
  answer.on("error", (error) => unzip.destroy(error));
  return answer.pipe(unzip);
}

async function run(request: Request): Promise<void> {
  const answer = await follow(request);
  const status = answer.statusCode ?? 0;
  if (status === 304) return write(Buffer.from(`${JSON.stringify({ status: "same" })}\n`));
  if (status !== 200) throw new Failure(`the server says ${status}`);
  const text = unpacked(answer);
  const about = { status: "new", etag: header(answer, "etag"), modified: header(answer, "last-modified") };
  await write(Buffer.from(`${JSON.stringify(about)}\n`));
  let bytes = 0;
  for await (const piece of text as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > request.limit) throw new Failure("too large");
    await write(piece);
  }
}

function readRequest(): Request {
  const pieces: Buffer[] = [];
  const piece = Buffer.alloc(65_536);
  for (let bytes = readSync(0, piece); bytes > 0; bytes = readSync(0, piece))
    pieces.push(Buffer.from(piece.subarray(0, bytes)));
  return JSON.parse(Buffer.concat(pieces).toString("utf8")) as Request;
}

run(readRequest()).then(
  () => process.stdout.end(() => process.exit(0)),
  (error: Error) => {
    writeSync(2, error.message.slice(0, 300));
    process.exit(1);
  },
);
