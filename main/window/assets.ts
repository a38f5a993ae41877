// Serves our own pages at picket://app/ and nothing else: no file:, no network, and a policy that lets a page load only its own files.
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import { protocol, type Session } from "electron";

export const origin = "picket://app";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

/** Must run before the app is ready. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: "picket", privileges: { standard: true, secure: true } }]);
}

export function serveAssets(session: Session, folder: string): void {
  session.protocol.handle("picket", (request) => answer(request, folder));
}

async function answer(request: Request, folder: string): Promise<Response> {
  const url = new URL(request.url);
  const path = normalize(join(folder, decodeURIComponent(url.pathname)));
  const type = types[extname(path)];
  if (request.method !== "GET" || url.host !== "app" || !path.startsWith(folder + sep) || !type)
    return new Response(null, { status: 404 });
  try {
    const file = await readFile(path);
    // react-aria adds two tiny <style> elements of its own; the nonce, new for each page load, admits those and no others.
    const nonce = randomBytes(16).toString("base64");
    const body =
      extname(path) === ".html" ? file.toString("utf8").replaceAll("__NONCE__", nonce) : new Uint8Array(file);
    return new Response(body, {
      headers: {
        "Content-Type": type,
        "Content-Security-Policy": contentPolicy(nonce),
        "X-Content-Type-Options": "nosniff",
      },
    });
  } catch {
    return new Response(null, { status: 404 });
  }
}

function contentPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}
