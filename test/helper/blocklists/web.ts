// A real web server on loopback that serves lists, for the tests of fetching.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Web {
  readonly url: string;
  /** What was asked for so far. */
  readonly asked: IncomingMessage[];
  /** By path; what is not there is 404. */
  readonly pages: Map<string, RequestListener>;
  stop(): Promise<void>;
}

async function serve(make: (listener: RequestListener) => Server, scheme: string): Promise<Web> {
  const pages = new Map<string, RequestListener>();
  const asked: IncomingMessage[] = [];
  const server = make((request, answer) => {
    asked.push(request);
    const page = pages.get(request.url ?? "");
    if (page !== undefined) page(request, answer);
    else answer.writeHead(404).end("not here");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url, asked, pages, stop };
}

export function startWeb(): Promise<Web> {
  return serve((listener) => createServer(listener), "http");
}

/** With a certificate of its own: `authorities` is whom to trust. */
export async function startSecureWeb(): Promise<Web & { authorities: string }> {
  const folder = mkdtempSync(join(tmpdir(), "picket-web-"));
  const [key, cert] = [join(folder, "key"), join(folder, "cert")];
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const args = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    "-keyout",
    key,
    "-out",
    cert,
    ...subject,
  ];
  execFileSync("openssl", args, { stdio: "ignore" });
  const credentials = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  const web = await serve((listener) => createSecureServer(credentials, listener), "https");
  return { ...web, authorities: credentials.cert.toString() };
}

/** Serves a text with an ETag and honours what clients say about it. */
export function page(text: string | Buffer, etag = '"1"'): RequestListener {
  return (request, answer) => {
    if (request.headers["if-none-match"] === etag) answer.writeHead(304).end();
    else answer.writeHead(200, { etag, "last-modified": "Mon, 02 Nov 2026 10:00:00 GMT" }).end(text);
  };
}
