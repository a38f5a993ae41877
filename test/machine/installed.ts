// The packages that `npm run package` makes, and a test machine with one of them: with a login, a screen, and a far side that is there at boot.
import { execFile, execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { makeDeb } from "../../build/package/deb.ts";
import { release } from "../../build/package/release.ts";
import { makeRpm } from "../../build/package/rpm.ts";
import { home } from "../../build/package/tree.ts";
import { abi } from "../../helper/kernel/layout.ts";
import type { Finding } from "../../main/cli/doctor/finding.ts";
import { OtherVersion } from "../end-to-end/other-version.ts";
import { caller, client, type GuardedMachine } from "./guarded.ts";
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

/** The .deb as it is, but for its compression, which an emulated processor takes a quarter of an hour for. Returns its path in the machine. */
export function storeDeb(): string {
  const folder = join(out, "stored");
  rmSync(folder, { recursive: true, force: true });
  execFileSync("dpkg-deb", ["--raw-extract", packagePath("deb"), folder]);
  execFileSync("dpkg-deb", ["-Znone", "--build", folder, `${folder}.package`]);
  rmSync(folder, { recursive: true });
  return `${folder}.package`.replace(outsideCheckout, checkout);
}

/** The version of makeNext's packages, and how the folder of their programs' pins is called. */
export const next = { version: "99", pins: new RegExp(`^v${abi - 1}(-\\d+)?\n$`) };

/** The package that follows those that were made: a higher version, whose programs have another ABI. Returns its path in the machine. */
export function makeNext(format: "deb" | "rpm"): string {
  const folder = join(out, "next");
  const tree = join(folder, "tree");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  // By links. What differs is written anew, not into the file that both have.
  execFileSync("cp", ["--archive", "--link", join(out, "tree"), tree]);
  const replace = (path: string, write: (path: string) => void) => {
    rmSync(join(tree, path), { recursive: true, force: true });
    write(join(tree, path));
  };
  const other = new OtherVersion();
  try {
    for (const path of ["dist/bpf/picket.bpf.o", "helper/kernel/layout.ts"])
      replace(join(home, path), (into) => copyFileSync(join(other.folder, path), into));
  } finally {
    other.remove();
  }
  const manifest = JSON.parse(readFileSync(join(tree, home, "package.json"), "utf8"));
  replace(join(home, "package.json"), (into) =>
    writeFileSync(into, JSON.stringify({ ...manifest, version: next.version })),
  );
  for (const path of ["usr/share/doc", "usr/share/lintian"]) replace(path, () => {});
  const make = { deb: makeDeb, rpm: makeRpm }[format];
  const made = make(tree, folder, { ...release(), version: next.version });
  rmSync(tree, { recursive: true });
  return made.replace(outsideCheckout, checkout);
}

/**
 * What alice's client says. Where systemd did not start it (it reads its units anew while a package is installed), it is started again.
 */
export async function attempt({ machine }: GuardedMachine, program = client): Promise<string> {
  for (let tries = 3; ; tries--) {
    const words = [caller, "-c", program];
    const { code, stdout, stderr } = await machine.run(words, { user: "alice", timeout: 150_000 });
    if (stdout !== "") return stdout.trim();
    const how = `ended with ${code}: ${stderr.trim()}`;
    if (code === 0 || tries === 0) return how;
    console.log(how);
  }
}

/** Attempts until `work` is done, by three who each make one after another: what one takes is most of what a step of the work takes. */
export async function meanwhile(machine: GuardedMachine, work: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = [];
  let done = false;
  const trying = [0, 1, 2].map(async () => {
    while (!done) seen.push(await attempt(machine));
  });
  try {
    await work();
  } finally {
    done = true;
    await Promise.all(trying);
  }
  return seen;
}

/**
 * A program of alice's that `picket run` guards and that goes on until ~/go is there, then tries a connection; `outcome`: what it says, once
 * `go` was called. Returns when it runs in Picket's slice.
 */
export async function runGuarded(machine: GuardedMachine) {
  const waits = `import os, time
open(os.path.expanduser("~/guarded"), "w").write(str(os.getpid()))
while not os.path.exists(os.path.expanduser("~/go")): time.sleep(0.05)
${client}`;
  await machine.root(["rm", "-f", "/home/alice/go", "/home/alice/guarded"]);
  const words = ["picket", "run", "--", caller, "-c", waits];
  const outcome = machine.machine.run(words, { user: "alice", timeout: 240_000 });
  outcome.catch(() => {}); // a test that failed before waits for nobody
  const pid = await machine.until("the guarded program", async () => {
    const { stdout } = await machine.machine.run(["cat", "/home/alice/guarded"]);
    return Number(stdout) || undefined;
  });
  const go = () => machine.root(["touch", "/home/alice/go"]);
  return { pid, outcome, go };
}

/** Whatever cgroup is called like Picket's, wherever it is. */
export const cgroupsLeft = (machine: GuardedMachine) =>
  machine.root(["find", "/sys/fs/cgroup", "-type", "d", "-name", "picket*"]);

/** What doctor says is wrong, as root. This machine has no name server, which is not Picket's. */
export async function wrongs(machine: GuardedMachine): Promise<string[]> {
  const { stdout } = await machine.machine.run(["picket", "doctor", "--json"], { timeout: 60_000 });
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return findings.filter(({ state, check }) => state === "wrong" && check !== "resolvers").map(({ check }) => check);
}

/** Serves a page at the far side's port 80, and writes down who asked for it. */
const webServer = `import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print("arrived", self.headers.get("User-Agent", "?").split("/")[0], flush=True)
        self.send_response(200); self.end_headers(); self.wfile.write(b"welcome\\n")
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("192.0.2.2", 80), Page).serve_forever()
`;

/** Where one is root. */
interface Rooted {
  root(command: string[]): Promise<string>;
}

/** Puts a file of root's into the machine. */
export async function write(machine: Rooted, path: string, text: string): Promise<void> {
  await machine.root(["sh", "-c", 'mkdir -p "$(dirname "$0")" && printf %s "$1" >"$0"', path, text]);
}

/** The far side's web server, now and at every boot; what arrives is in /run/web.log. */
export async function serveAtBoot(machine: Rooted): Promise<void> {
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
