// The .deb on Debian's stock kernels, over a real boot: installed, learned, ruled, booted again with the rules in force before anything of a
// session's connects, removed. Alone, one kernel: PICKET_TESTS=all node build/run-vitest.ts test/vm/installed.slow -t 6.12
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { slowness } from "../end-to-end/helper-process.ts";
import { insidePath, makePackages, removePackages } from "../machine/installed.ts";
import { buildKernel, kernels, makeDisk, slowUnit, startVm, type VirtualMachine } from "./vm.ts";

/** The package is unpacked by an emulated processor. */
const commandPatience = 600_000 * slowness;
const patience = 6 * commandPatience;

/** What is there from the first boot on: a far side in a network of its own that writes down who arrives. */
const far = `ip netns add far
ip link add near type veth peer name far0 netns far
ip addr add 192.0.2.1/24 dev near
ip link set near up
ip -netns far addr add 192.0.2.2/24 dev far0
ip -netns far link set far0 up`;
const server = `import socket
s = socket.create_server(("192.0.2.2", 80))
while True:
    c, (a, port) = s.accept(); print("arrived", c.recv(999).split(b"User-Agent: ")[-1][:4], flush=True)
    c.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nwelcome\\n"); c.close()
`;
/** Written as root: path and text. */
const files: Record<string, string> = {
  "/usr/local/lib/far.sh": far,
  "/usr/local/lib/far.py": server,
  "/etc/systemd/system/far.service": `[Unit]
DefaultDependencies=no
Before=basic.target
[Service]
ExecStartPre=sh -e /usr/local/lib/far.sh
ExecStart=nsenter --net=/run/netns/far python3 /usr/local/lib/far.py
ExecStartPost=sh -c "until nsenter --net=/run/netns/far ss -Hltn | grep -q :80; do sleep 0.2; done"
StandardOutput=append:/run/far.log
[Install]
WantedBy=sysinit.target
`,
  // As soon as units start at all, in a guarded slice that is not a session's.
  ...Object.fromEntries(
    [
      ["early-curl", "curl -sS http://192.0.2.2/"],
      ["early-wget", "wget -q -O- -t1 -T60 http://192.0.2.2/"],
    ].map(([name, command]) => [
      `/etc/systemd/system/${name}.service`,
      `[Unit]
After=far.service
[Service]
Slice=early.slice
User=alice
ExecStart=sh -c "${command}; echo ended $$?"
StandardOutput=append:/run/${name}.log
[Install]
WantedBy=multi-user.target
`,
    ]),
  ),
  // The helper refuses to guard what systemd does not know.
  "/etc/systemd/system/early.slice": "[Slice]\n",
  // The manual's way to have services of the system wait for the helper: it is there before the bus is.
  "/etc/systemd/system/picket-helper.service.d/first.conf": "[Unit]\nBefore=basic.target\n",
  [slowUnit[0]]: slowUnit[1],
  "/etc/picket/helper.conf": "PICKET_GUARD=user.slice early.slice\n",
};

class Installed {
  readonly vm: VirtualMachine;
  constructor(vm: VirtualMachine) {
    this.vm = vm;
  }

  async root(...command: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.vm.run(command, { timeout: commandPatience });
    if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  alice(...command: string[]) {
    return this.vm.run(command, { user: "alice", timeout: commandPatience });
  }

  async until(what: string, probe: () => Promise<boolean>): Promise<void> {
    for (const end = performance.now() + 180_000 * slowness; !(await probe()); await sleep(1_000))
      if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
  }

  /** Names of the programs in the kernel, whoever loaded them: the kernel is this machine's alone. */
  async programs(): Promise<string[]> {
    const found = JSON.parse(await this.root("bpftool", "-j", "prog", "show")) as { name?: string }[];
    return found.map(({ name = "" }) => name);
  }

  printed(name: string): Promise<string> {
    return this.vm.run(["cat", `/run/${name}.log`]).then(({ stdout }) => stdout);
  }
}

describe.skipIf(process.arch !== "x64")("installed on the kernel of Debian", () => {
  let folder: string;
  beforeAll(async () => {
    for (const kernel of kernels) await buildKernel(kernel);
    await makePackages(["deb"]);
    folder = mkdtempSync(join(tmpdir(), "picket-disk-"));
  }, 1_800_000);
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    removePackages();
  });

  test.for(kernels)(
    "%s: the rules hold over a boot, from the first packet on, and a removal leaves nothing",
    { timeout: patience },
    async (kernel) => {
      const disk = join(folder, kernel);
      makeDisk(disk);
      let vm = new Installed(await startVm(kernel, { disk }));
      try {
        const loaded = await vm.programs();
        for (const [path, text] of Object.entries(files))
          await vm.root("sh", "-c", 'mkdir -p "$(dirname "$0")" && printf %s "$1" >"$0"', path, text);
        // No screen, so no window and nothing that only it needs; settings that are there stay.
        const less = ["--force-depends", "--force-confold", "--path-exclude=/usr/lib/picket/window/*"];
        const told = await vm.root("dpkg", ...less, "-i", insidePath("deb"));
        const journal = await vm.root("journalctl", "-u", "picket-helper", "-o", "cat", "--no-pager", "-n", "20");
        expect((await vm.vm.run(["systemctl", "is-active", "picket-helper"])).stdout, told + journal).toBe("active\n");
        await vm.root("systemctl", "start", "far");
        expect(JSON.parse(await vm.root("picket", "status", "--json"))).toMatchObject({
          mode: "learn",
          level: "protected",
        });
        expect((await vm.alice("curl", "-sS", "http://192.0.2.2/")).stdout).toBe("welcome\n");
        expect((await vm.programs()).sort()).toEqual(
          expect.arrayContaining(["on_egress", "on_exec", "on_exit", "on_fork"]),
        );
        await vm.root("picket", "mode", "ask");
        const rule = ["picket", "rules", "add", "--address", "192.0.2.2", "--app"];
        await vm.root(...rule, "/usr/bin/curl", "--action", "allow");
        await vm.root(...rule, "/usr/bin/wget", "--action", "block");
        await vm.root("systemctl", "enable", "-q", "far", "early-curl", "early-wget");
        await vm.vm.shutDown();

        vm = new Installed(await startVm(kernel, { disk }));
        for (const [name, wanted] of [
          ["early-curl", "welcome\nended 0\n"],
          ["early-wget", "ended 4\n"], // a network failure, says wget
        ] as const) {
          await vm.until(name, async () => (await vm.printed(name)).includes("ended"));
          expect(await vm.printed(name)).toBe(wanted);
        }
        expect((await vm.alice("curl", "-sS", "http://192.0.2.2/")).stdout).toBe("welcome\n");
        expect((await vm.alice("wget", "-q", "-O-", "-t1", "http://192.0.2.2/")).code).toBe(4);
        const arrived = (await vm.printed("far")).trim().split("\n");
        expect(arrived).toEqual(["arrived b'curl'", "arrived b'curl'"]);
        expect(await vm.root("systemctl", "show", "--value", "--property", "NRestarts", "picket-helper")).toBe("0\n");
        const since = async (unit: string, property: string) =>
          Number(await vm.root("systemctl", "show", "--value", "--property", property, unit));
        const ready = await since("picket-helper", "ActiveEnterTimestampMonotonic");
        for (const unit of ["dbus", "early-curl", "early-wget"])
          expect(await since(unit, "ExecMainStartTimestampMonotonic"), unit).toBeGreaterThan(ready);
        expect(await since("systemd-user-sessions", "InactiveExitTimestampMonotonic")).toBeGreaterThan(ready);
        console.log(`${kernel}: ready ${(ready / 1e6).toFixed(1)} s after the kernel's start, emulated`);

        await vm.root("dpkg", "--purge", "picket");
        expect((await vm.alice("wget", "-q", "-O-", "-t1", "http://192.0.2.2/")).stdout).toBe("welcome\n");
        for (const path of [
          "/sys/fs/bpf/picket",
          "/sys/fs/cgroup/picket.slice",
          "/var/lib/picket",
          "/usr/lib/picket",
          "/etc/picket",
        ])
          expect((await vm.vm.run(["test", "-e", path])).code, path).toBe(1);
        expect(await vm.root("bpftool", "-j", "cgroup", "tree", "/sys/fs/cgroup")).not.toContain("on_egress");
        // Tracing programs, too, which no cgroup shows. systemd loads others for its units.
        const left = (await vm.programs()).filter((name) => !loaded.includes(name) && !name.startsWith("sd_"));
        expect(left).toEqual([]);
      } finally {
        await vm.vm.stop();
      }
    },
  );
});
