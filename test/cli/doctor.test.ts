// `picket doctor`: what each check makes of what it is shown, and the command itself with a helper, without one, and for anybody.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { Status } from "../../contract/words.ts";
import { degradedCodes } from "../../helper/degraded.ts";
import { type Desktop, desktopFindings } from "../../main/cli/doctor/desktop.ts";
import { diskFindings } from "../../main/cli/doctor/disk.ts";
import { type Facts, guardsIn } from "../../main/cli/doctor/facts.ts";
import type { Finding } from "../../main/cli/doctor/finding.ts";
import { helperFindings } from "../../main/cli/doctor/helper.ts";
import { kernelFindings } from "../../main/cli/doctor/kernel.ts";
import { knownLimits, limitFinding } from "../../main/cli/doctor/limits.ts";
import { surroundingsFindings } from "../../main/cli/doctor/surroundings.ts";
import { commandWords } from "../../main/cli/usage.ts";
import { picket } from "./picket-process.ts";
import { status } from "./samples.ts";
import { type StubHelper, startStubHelper } from "./stub-helper.ts";

const functions = [
  "sock_filter_func_proto sock_addr_func_proto cg_skb_func_proto sock_ops_func_proto cg_sockopt_func_proto",
  "tracing_prog_func_proto bpf_iter_reg_target bpf_sk_storage_get bpf_ringbuf_output sock_diag_destroy",
].flatMap((line) => line.split(" "));
const installed: Status = { ...status, version: "1.2.3", level: "protected", guarded: ["user.slice"] };

/** A computer on which everything is well. */
const well: Facts = {
  root: false,
  kernel: {
    release: "6.1.0-18-amd64",
    btf: true,
    cgroup2: "/sys/fs/cgroup",
    lockdown: "none",
    config: null,
    symbols: new Set(functions),
  },
  helper: {
    status: installed,
    failure: null,
    version: "1.2.3",
    socket: "/run/picket/helper.sock",
    service: "active",
    enabled: "enabled",
    pins: null,
    wanted: ["user.slice"],
  },
  disk: {
    state: "/var/lib/picket",
    free: 10 * 1024 ** 3,
    files: ["picket.sqlite", "copies"],
    header: true,
    copies: ["20261126T093000000Z.sqlite", "n00000012_20261127T093000000Z.sqlite"],
  },
  surroundings: { networkManager: true, resolved: true, resolvers: 1, processes: new Set(["bash"]) },
};
const desk: Desktop = { tray: true, notifications: true, portal: true, polkit: true, session: "wayland" };

function all(facts: Facts, desktop: Desktop | null = desk): Finding[] {
  return [
    ...kernelFindings(facts),
    ...helperFindings(facts),
    ...diskFindings(facts),
    ...surroundingsFindings(facts),
    ...desktopFindings(desktop),
  ];
}

type Change = { [K in Exclude<keyof Facts, "root">]?: Partial<Facts[K]> };

function changed(change: Change): Facts {
  const parts = Object.entries(change).map(([part, value]) => [
    part,
    { ...(well[part as keyof Facts] as object), ...value },
  ]);
  return { ...well, ...Object.fromEntries(parts) } as Facts;
}

const dead = { status: null, failure: { code: "no_helper", message: "No helper answers on the socket." } } as const;

it("finds nothing where all is well", () => {
  expect(all(well).filter(({ state }) => state !== "good")).toEqual([]);
});

const cases: [string, Change, Finding["state"], string, RegExp][] = [
  ["an old kernel", { kernel: { release: "5.15.0" } }, "wrong", "kernel version", /5\.15\.0 is too old/],
  ["a kernel without types", { kernel: { btf: false } }, "wrong", "kernel types (BTF)", /missing/],
  ["control groups of version 1 alone", { kernel: { cgroup2: null } }, "wrong", "control groups", /not mounted/],
  [
    "a kernel that hides everything",
    { kernel: { lockdown: "confidentiality" } },
    "wrong",
    "kernel lockdown",
    /confidentiality/,
  ],
  [
    "a kernel that cannot end connections",
    { helper: dead, kernel: { symbols: new Set(functions.slice(0, -1)) } },
    "wrong",
    "kernel abilities",
    /ending of connections/,
  ],
  [
    "an option that is off",
    { helper: dead, kernel: { symbols: null, config: new Set(["CONFIG_CGROUP_BPF=y"]) } },
    "wrong",
    "kernel abilities",
    /storage on sockets/,
  ],
  ["a kernel that says nothing", { helper: dead, kernel: { symbols: null } }, "unknown", "kernel abilities", /neither/],
  ["no helper", { helper: dead }, "wrong", "helper", /No helper answers/],
  [
    "a dead helper whose programs only root can see",
    { helper: dead },
    "unknown",
    "programs in the kernel",
    /only root/,
  ],
  [
    "a dead helper whose programs go on",
    { helper: { ...dead, pins: true } },
    "note",
    "programs in the kernel",
    /still loaded/,
  ],
  [
    "a dead helper without programs",
    { helper: { ...dead, pins: false } },
    "wrong",
    "programs in the kernel",
    /nothing is guarded/,
  ],
  ["a service that failed", { helper: { ...dead, service: "failed" } }, "wrong", "service", /failed/],
  [
    "a service that does not start with the computer",
    { helper: { enabled: "disabled" } },
    "wrong",
    "service",
    /does not start/,
  ],
  [
    "a helper of another version",
    { helper: { version: "2.0.0" } },
    "wrong",
    "helper",
    /1\.2\.3, this command is 2\.0\.0/,
  ],
  ["nothing guarded", { helper: { status: { ...installed, guarded: [] } } }, "wrong", "guard", /nothing is guarded/],
  [
    "a guard that is missing",
    { helper: { wanted: ["user.slice", "docker.service"] } },
    "note",
    "guard",
    /docker\.service/,
  ],
  [
    "an installed helper at level open",
    { helper: { status: { ...installed, level: "open" } } },
    "wrong",
    "level",
    /open/,
  ],
  [
    "a pause",
    { helper: { status: { ...installed, override: { kind: "pause", ends: null } } } },
    "note",
    "mode",
    /everything is allowed/,
  ],
  ["learning", { helper: { status: { ...installed, mode: "learn" } } }, "note", "mode", /learn/],
  [
    "a limit the helper knows of",
    { helper: { status: { ...installed, degraded: [{ code: "diskFull", message: "full" }] } } },
    "wrong",
    "limits: diskFull",
    /full/,
  ],
  [
    "errors in the journal",
    { helper: { status: { ...installed, degraded: [{ code: "errors", message: "Things went wrong (3)" }] } } },
    "note",
    "limits: errors",
    /went wrong \(3\)/,
  ],
  [
    "something that happened and is over",
    { helper: { status: { ...installed, degraded: [{ code: "ringFull", message: "Held packets (2)" }] } } },
    "note",
    "limits: ringFull",
    /\(2\)/,
  ],
  [
    "a limit of a newer helper",
    { helper: { status: { ...installed, degraded: [{ code: "toString", message: "new" }] } } },
    "wrong",
    "limits: toString",
    /new/,
  ],
  ["a service on its way", { helper: { ...dead, service: "activating" } }, "note", "service", /is starting/],
  [
    "a helper whose programs this user cannot see and who may not ask",
    { helper: { status: null, failure: { code: "not_permitted", message: "uid 33" } } },
    "wrong",
    "helper",
    /uid 33/,
  ],
  ["no database yet", { helper: dead, disk: { files: [] } }, "note", "database", /never run/],
  ["a database that is gone", { helper: dead, disk: { files: ["copies"] } }, "wrong", "database", /is gone/],
  [
    "a database under suspicion",
    { helper: dead, disk: { files: ["picket.sqlite", "suspect"] } },
    "wrong",
    "database",
    /damaged/,
  ],
  ["no copies yet", { disk: { copies: [] } }, "note", "copies of the rules", /none yet/],
  ["a disk that nobody sees", { disk: { free: null } }, "unknown", "disk space", /cannot be seen/],
  [
    "a database that was set aside",
    { helper: { status: { ...installed, degraded: [{ code: "rulesLost", message: "lost" }] } } },
    "note",
    "database",
    /was damaged or gone/,
  ],
  ["no resolved", { surroundings: { resolved: false } }, "note", "systemd-resolved", /port 53/],
  [
    "Tailscale beside it",
    { surroundings: { processes: new Set(["tailscaled"]) } },
    "note",
    "beside it: tailscaled",
    /address/,
  ],
  [
    "lockdown",
    { helper: { status: { ...installed, override: { kind: "lockdown", ends: null } } } },
    "note",
    "mode",
    /blocked/,
  ],
  ["everything new allowed", { helper: { status: { ...installed, mode: "allow" } } }, "note", "mode", /allowed/],
  ["little room", { disk: { free: 100 * 1024 ** 2 } }, "note", "disk space", /100 MiB/],
  ["hardly any room", { disk: { free: 1024 } }, "wrong", "disk space", /0 MiB/],
  ["a database that is none", { helper: dead, disk: { header: false } }, "wrong", "database", /damaged/],
  [
    "a database nobody may see",
    { helper: dead, disk: { files: null, header: null } },
    "unknown",
    "database",
    /only root/,
  ],
  [
    "files that were set aside",
    { disk: { files: ["picket.sqlite", "picket.sqlite.damaged-n00000011_20261126T093000000Z"] } },
    "note",
    "damaged files",
    /damaged-/,
  ],
  [
    "OpenSnitch beside it",
    { surroundings: { processes: new Set(["opensnitchd"]) } },
    "wrong",
    "other firewalls that ask",
    /OpenSnitch/,
  ],
  [
    "Portmaster beside it",
    { surroundings: { processes: new Set(["portmaster-core"]) } },
    "wrong",
    "other firewalls that ask",
    /Portmaster/,
  ],
  [
    "firewalld beside it",
    { surroundings: { processes: new Set(["firewalld"]) } },
    "note",
    "beside it: firewalld",
    /beside/,
  ],
  ["no NetworkManager", { surroundings: { networkManager: false } }, "note", "NetworkManager", /by hand/],
  ["no resolver", { surroundings: { resolvers: 0 } }, "wrong", "resolvers", /none/],
];

it.for(cases)("%s", ([, change, state, check, found]) => {
  const findings = all(changed(change)).filter((finding) => finding.check === check);
  expect(findings).toContainEqual(expect.objectContaining({ state, found: expect.stringMatching(found) }));
  // Whatever is wrong comes with what to do.
  for (const finding of findings) if (finding.state === "wrong") expect(finding.fix?.length).toBeGreaterThan(10);
});

it("what to do about every limit is said, each in its own words", () => {
  expect([...knownLimits].sort()).toEqual([...degradedCodes].sort());
  for (const code of knownLimits) expect(limitFinding({ code, message: "" }).fix?.length, code).toBeGreaterThan(20);
  // Commands that it names are there.
  const named = [...knownLimits].flatMap((code) => [
    ...(limitFinding({ code, message: "" }).fix?.matchAll(/picket ([a-z]+)(?= [a-z]+| FILE|\b)/g) ?? []),
  ]);
  for (const [, command = ""] of named) expect<string[]>(commandWords, command).toContain(command);
});

it("a failure comes with what helps against that one", () => {
  const fixOf = (code: string) => {
    const failure = { code, message: "x" } as NonNullable<Facts["helper"]["failure"]>;
    return helperFindings(changed({ helper: { status: null, failure } })).find(({ check }) => check === "helper")?.fix;
  };
  const codes = [
    "no_helper",
    "not_permitted",
    "socket_not_trusted",
    "version_mismatch",
    "not_answering",
    "too_many_clients",
  ];
  expect(new Set(codes.map(fixOf)).size).toBe(codes.length);
  expect(fixOf("too_many_clients")).not.toMatch(/restart/);
  expect(fixOf("no_helper")).toMatch(/restart picket-helper/);
});

it("each part of a desktop that is missing is a note, with what helps", () => {
  for (const part of ["tray", "notifications", "portal", "polkit"] as const)
    expect(desktopFindings({ ...desk, [part]: false })).toContainEqual(
      expect.objectContaining({ check: part, state: "note", fix: expect.stringMatching(/Install|install/) }),
    );
  expect(desktopFindings({ ...desk, session: "none" })).toContainEqual(
    expect.objectContaining({ check: "desktop", state: "note" }),
  );
});

it("a desktop without a tray, and none at all", () => {
  expect(desktopFindings({ ...desk, tray: false })).toContainEqual(
    expect.objectContaining({ check: "tray", state: "note" }),
  );
  expect(desktopFindings(null)).toMatchObject([{ state: "unknown" }]);
});

it("reads the guards of a helper.conf", () => {
  expect(guardsIn('# PICKET_GUARD=no\nPICKET_GUARD="user.slice docker.service"\n')).toEqual([
    "user.slice",
    "docker.service",
  ]);
  // As systemd reads it, and whichever line of the installed file somebody takes the # from.
  expect(guardsIn("PICKET_GUARD=a\nPICKET_GUARD=b\n")).toEqual(["b"]);
  const installed = readFileSync(join(import.meta.dirname, "../../build/package/files/helper.conf"), "utf8");
  expect(guardsIn(installed)).toEqual(["user.slice"]);
  expect(guardsIn(installed.replace(/^#PICKET_GUARD/m, "PICKET_GUARD"))).toContain("cron.service");
  expect(guardsIn("#PICKET_GUARD=x\n")).toBeNull();
  expect(guardsIn(null)).toBeNull();
});

describe("the command", () => {
  let helper: StubHelper | undefined;
  afterEach(async () => {
    await helper?.stop();
    helper = undefined;
  });

  it("without a helper says what to do, and fails", async () => {
    const { code, stdout, stderr } = await picket(["doctor"]);
    expect(code).toBe(1);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/WRONG helper: No helper answers[\s\S]*→ Start it/);
    expect(stdout).toMatch(/ok {4}kernel version/);
  });

  it("tells of a helper as JSON", async () => {
    helper = await startStubHelper({
      status: { ...status, degraded: [{ code: "diskFull", message: "evil \u001b[2J" }] },
    });
    const { code, stdout } = await picket(["doctor", "--json"], helper.socket);
    const { fine, findings } = JSON.parse(stdout) as { fine: boolean; findings: Finding[] };
    expect([code, fine]).toEqual([1, false]);
    expect(findings).toContainEqual(
      expect.objectContaining({ check: "limits: diskFull", state: "wrong", found: "evil \u001b[2J" }),
    );
    // Nothing that a helper says moves the cursor.
    expect((await picket(["doctor"], helper.socket)).stdout).not.toContain("\u001b");
  });

  it("works for anybody, and says what it could not see", () => {
    const entry = fileURLToPath(new URL("../../main/cli/picket.ts", import.meta.url));
    const env = { PATH: process.env.PATH ?? "", PICKET_SOCKET: "/nonexistent/picket.sock" };
    const { stdout, status: code } = spawnSync(process.execPath, [entry, "doctor"], {
      uid: 65534,
      gid: 65534,
      encoding: "utf8",
      env,
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/\? {5}programs in the kernel: only root can see them/);
  });
});
