// Serves our own pages at picket://app/, the icons of apps below picket://app/icon/, and nothing else: no file:, no network, and a policy
// that lets a page load only its own files.
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import { protocol, type Session } from "electron";
import { Icons } from "./icons/icons.ts";
import { language } from "./language.ts";

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

const icons = new Icons();
/** Largest icon a page may ask for, in pixels. */
const largestIcon = 512;

/** /icon/NAME?pixels=96. Empty where there is none: a page draws a letter then, and it is no error. */
async function answerIcon(url: URL): Promise<Response> {
  const pixels = Math.min(Math.max(1, Number(url.searchParams.get("pixels")) || 48), largestIcon);
  const picture = await icons.find(decodeURIComponent(url.pathname.slice("/icon/".length)), pixels);
  if (picture === null) return new Response(null, { status: 204 });
  return new Response(new Uint8Array(picture.bytes), {
    headers: {
      "Content-Type": picture.type,
      // An SVG could bring scripts and links of its own; as a picture it may do nothing, and it is never anything else.
      "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      "Cache-Control": "max-age=3600",
      "X-Content-Type-Options": "nosniff",
    },
  });
}

async function answer(request: Request, folder: string): Promise<Response> {
  const url = new URL(request.url);
  if (request.method === "GET" && url.host === "app" && url.pathname.startsWith("/icon/")) return answerIcon(url);
  const path = normalize(join(folder, decodeURIComponent(url.pathname)));
  const type = types[extname(path)];
  if (request.method !== "GET" || url.host !== "app" || !path.startsWith(folder + sep) || !type)
    return new Response(null, { status: 404 });
  try {
    const file = await readFile(path);
    // react-aria adds two tiny <style> elements of its own; the nonce, new for each page load, admits those and no others.
    const nonce = randomBytes(16).toString("base64");
    const body =
      extname(path) === ".html"
        ? file.toString("utf8").replaceAll("__NONCE__", nonce).replace('lang="en"', `lang="${language()}"`)
        : new Uint8Array(file);
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
