// The packages that `npm run package` makes, and a test machine with one of them: with a login, a screen, and a far side that is there at boot.
import { execFile } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { GuardedMachine } from "./guarded.ts";
import { checkout, outsideCheckout } from "./machine.ts";

/** While one works on the tests: a folder of this checkout's with packages that were made before; they are taken, and left there. */
const kept = process.env.PICKET_KEPT_PACKAGES;
/** Where they are, outside of the machine. */
export const out = kept ? resolve(kept) : join(outsideCheckout, "dist/package");

export type Format = "deb" | "rpm" | "appimage";

export async function makePackages(formats: Format[], env: Record<string, string> = {}): Promise<void> {
  if (kept) return;
  const words = [join(outsideCheckout, "build/package.ts"), "--yes", ...formats];
  await promisify(execFile)(process.execPath, words, { maxBuffer: 1 << 24, env: { ...process.env, ...env } });
}

/** Half a gigabyte that nobody needs any more. */
export function removePackages(): void {
  if (!kept) rmSync(out, { recursive: true, force: true });
}

/** Outside of the machine. */
export function packagePath(ending: "deb" | "rpm" | "AppImage"): string {
  const name = readdirSync(out).find((each) => each.endsWith(`.${ending}`));
  if (!name) throw new Error(`${out} has no .${ending}`);
  return join(out, name);
}

/** In the machine. */
export const insidePath = (ending: "deb" | "rpm") => packagePath(ending).replace(outsideCheckout, checkout);

/** Serves a page at the far side's port 80, and writes down who asked for it. */
const webServer = `import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print("arrived", self.headers.get("User-Agent", "?").split("/")[0], flush=True)
        self.send_response(200); self.end_headers(); self.wfile.write(b"welcome\\n")
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("192.0.2.2", 80), Page).serve_forever()
`;

/** Puts a file of root's into the machine. */
export async function write(machine: GuardedMachine, path: string, text: string): Promise<void> {
  await machine.root(["sh", "-c", 'mkdir -p "$(dirname "$0")" && printf %s "$1" >"$0"', path, text]);
}

/** The far side's web server, now and at every boot; what arrives is in /run/web.log. */
export async function serveAtBoot(machine: GuardedMachine): Promise<void> {
  await write(machine, "/usr/local/lib/web.py", webServer);
  await write(
    machine,
    "/usr/local/lib/far.sh",
    `[ -e /run/netns/far ] && exit
ip netns add far
ip link add near type veth peer name far0 netns far
ip addr add 192.0.2.1/24 dev near
ip link set near up
ip -netns far addr add 192.0.2.2/24 dev far0
ip -netns far link set far0 up
`,
  );
  await write(
    machine,
    "/etc/systemd/system/web.service",
    `[Unit]
Before=systemd-user-sessions.service
[Service]
ExecStartPre=sh -e /usr/local/lib/far.sh
ExecStart=nsenter --net=/run/netns/far python3 /usr/local/lib/web.py
ExecStartPost=sh -c "until nsenter --net=/run/netns/far ss -Hltn | grep -q :80; do sleep 0.2; done"
StandardOutput=append:/run/web.log
[Install]
WantedBy=multi-user.target
`,
  );
  await machine.root(["systemctl", "enable", "--quiet", "--now", "web"]);
}
