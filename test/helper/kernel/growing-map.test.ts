// Maps that grow, in the kernel: whoever looks meanwhile finds what is there, and what cannot grow leaves everything to the helper.
import { spawn } from "node:child_process";
import { once } from "node:events";
import koffi from "koffi";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { AddressSet } from "../../../helper/blocklists/address-set.ts";
import { GrowingMap } from "../../../helper/kernel/growing-map.ts";
import { flowState, layouts, recordType } from "../../../helper/kernel/layout.ts";
import { BpfMap, mapInfo, mapName, openMap } from "../../../helper/kernel/libbpf.ts";
import { close } from "../../../helper/kernel/libc.ts";
import { PolicyMaps, target } from "../../../helper/kernel/policy-maps.ts";
import { Programs } from "../../../helper/kernel/programs.ts";
import { parsePrefix } from "../../../helper/policy/address.ts";
import { compile } from "../../../helper/policy/compile.ts";
import { type Lists, listNumbers, noLists } from "../../../helper/policy/lists.ts";
import type { PolicyRule } from "../../../helper/policy/rule.ts";
import { enteringCgroup } from "../../bpf/entering-cgroup.ts";
import { freshObject } from "../../bpf/object.ts";
import { OwnCgroup } from "../../bpf/own-cgroup.ts";
import { slowness } from "../../end-to-end/helper-process.ts";
import { anyRule, emptyPolicy, newTarget } from "../policy/model.ts";
import { type Outcome, type Probe, Prober } from "./prober.ts";

vi.setConfig({ testTimeout: 120_000 * slowness });

const settings = { holdTicks: 25, pidNamespace: 1 };
/** Of the map that grows, in the object as it is shipped. */
const first = 4096;
let prober: Prober;

beforeAll(async () => {
  prober = await Prober.start();
}, 120_000 * slowness);
afterAll(() => prober?.stop());

/** Address number `at` of 10.0.0.0/8. */
const hexOf = (at: number) => `00000000000000000000ffff0a${at.toString(16).padStart(6, "0")}`;
const hostKey = (at: number) => layouts.host_key.write({ address: Buffer.from(hexOf(at), "hex") });
const numbered = (at: number) => layouts.path.write({ tables: [at, at + 1] });

/** The kernel's number of the map that a growing one has at the moment. */
function idWithin(map: BpfMap): number {
  const id = Buffer.alloc(4);
  expect(new BpfMap(map.fd).get(Buffer.alloc(4), id)).toBe(true);
  return id.readUInt32LE();
}

function sizeWithin(map: BpfMap): number {
  const fd = openMap(idWithin(map));
  try {
    return mapInfo(fd).entries;
  } finally {
    close(fd);
  }
}

/** What `hosts` is to hold: every address below `count` that is not `gone`. */
function expectHosts(hosts: BpfMap, count: number, gone: ReadonlySet<number>): void {
  const value = Buffer.alloc(layouts.path.size);
  for (let at = 0; at < count; at++) {
    const isThere = hosts.get(hostKey(at), value);
    if (isThere === gone.has(at) || (isThere && !value.equals(numbered(at)))) throw new Error(`address ${at} is wrong`);
  }
  expect(hosts.keys(layouts.host_key.size)).toHaveLength(count - gone.size);
}

it("a map has what was written to it however often it grew, up to the most and no further", async () => {
  const cgroup = new OwnCgroup();
  const programs = new Programs(await freshObject(), cgroup.instance);
  const hosts = new GrowingMap(programs.maps.hosts.fd, 20_000);
  const gone = new Set<number>();
  const ids = new Set<number>();
  try {
    for (let at = 0; at < 20_000 + gone.size; at++) {
      hosts.set(hostKey(at), numbered(0));
      hosts.set(hostKey(at), numbered(at));
      ids.add(idWithin(hosts));
      if (at % 1000 !== 0) continue;
      hosts.delete(hostKey(at));
      gone.add(at);
    }
    expect([ids.size, sizeWithin(hosts), hosts.capacity()]).toEqual([3, 20_000, 20_000]);
    expectHosts(hosts, 20_000 + gone.size, gone);
    expect(() => hosts.set(hostKey(20_000 + gone.size), numbered(0))).toThrow("errno 7");
    // What is there can be replaced.
    hosts.set(hostKey(1), numbered(0));
    hosts.set(hostKey(1), numbered(1));
    expectHosts(hosts, 20_000 + gone.size, gone);
    // The smaller ones are gone.
    const [smallest = 0, small = 0] = ids;
    for (const id of [smallest, small]) await expect.poll(() => exists(id), { timeout: 20_000 * slowness }).toBe(false);
    // Another helper finds it as large as it is.
    const next = new Programs(await freshObject(), cgroup.instance);
    expect(next).toMatchObject({ adopted: true, verified: false, misfit: null });
    expect(sizeWithin(next.maps.hosts)).toBe(20_000);
    expectHosts(next.maps.hosts, 20_000 + gone.size, gone);
    next.maps.hosts.set(hostKey(30_000), numbered(0));
    expect(sizeWithin(next.maps.hosts)).toBe(80_000);
    next.remove();
  } finally {
    programs.remove();
    await cgroup.remove();
  }
});

function exists(id: number): boolean {
  try {
    return mapName(id) !== "";
  } catch {
    return false;
  }
}

/** Calls one address with a socket after the other until its input ends; then says how often it was refused, and how often not. */
const caller = `
import errno, select, socket, sys
seen = {}
print("calls", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.sendto(b"hello", ("127.0.0.1", 9))
            how = "sent"
        except OSError as error:
            how = errno.errorcode[error.errno]
        seen[how] = seen.get(how, 0) + 1
for how, times in seen.items():
    print(how, times)
`;

it("who calls while the map grows is refused each time by the rule that is there", async () => {
  const { maps } = prober.programs;
  const numbers = { ...newTarget(), ...target };
  const app = "/usr/bin/app";
  const prefix = parsePrefix("127.0.0.1")!;
  const rule: PolicyRule = {
    ...anyRule,
    id: "1",
    number: 1,
    app,
    action: "block",
    destination: { kind: "prefix", prefix },
  };
  // Without the address it would be let go.
  new PolicyMaps(maps, settings).apply(compile({ ...emptyPolicy("allow"), rules: [rule] }, numbers));
  const number = Buffer.alloc(4);
  number.writeUInt32LE(numbers.appId(app));
  maps.apps.set(layouts.exe_key.write(await prober.executable()), number);
  const child = spawn(...enteringCgroup(prober.cgroup.directory, ["/usr/bin/python3", "-c", caller]), {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => lines.push(chunk.toString()));
  await once(child.stdout, "data");
  for (let at = 0; at < 20 * first; at++) maps.hosts.set(hostKey(at), numbered(at));
  const ended = once(child, "close");
  child.stdin.end();
  await ended;
  expect(sizeWithin(maps.hosts)).toBe(64 * first);
  const seen = Object.fromEntries(
    lines
      .join("")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(" ")),
  );
  console.log(JSON.stringify(seen));
  expect(Object.keys(seen)).toEqual(["EPERM"]);
  expect(Number(seen.EPERM)).toBeGreaterThan(1000);
});

const libc = koffi.load("libc.so.6");
const prlimit = libc.func("int prlimit(int pid, int resource, const void *wanted, void *before)");
const RLIMIT_NOFILE = 7;

/** Meanwhile the kernel gives this process no descriptor of anything, so it makes it no map. */
function withoutDescriptors(work: () => void): void {
  const before = Buffer.alloc(16);
  expect(prlimit(0, RLIMIT_NOFILE, null, before)).toBe(0);
  const none = Buffer.from(before);
  none.writeBigUInt64LE(0n);
  expect(prlimit(0, RLIMIT_NOFILE, none, null)).toBe(0);
  try {
    work();
  } finally {
    prlimit(0, RLIMIT_NOFILE, before, null);
  }
}

/** Every other address, so that they do not come to ranges. */
function listed(count: number): Lists {
  const prefixes = Array.from({ length: count }, (_, at) => ({ hex: hexOf(2 * at), bits: 128 }));
  const addresses = new AddressSet(prefixes);
  return { ...noLists, addresses: () => [{ list: "ads", number: listNumbers, addresses }] };
}

const said = ({ record }: Outcome) =>
  record?.type === recordType.held ? "held" : record?.state === flowState.allowed ? "allowed" : "blocked";

it("what cannot grow leaves everything to the helper, until it can", async () => {
  const fresh = await Prober.start();
  try {
    const maps = new PolicyMaps(fresh.programs.maps, settings);
    const numbers = { ...newTarget(), ...target };
    const compiled = (lists: Lists) => compile({ ...emptyPolicy("allow"), lists }, numbers);
    const probes = ["10.0.0.2", "10.0.31.254", "10.0.32.2", "192.0.2.1"].map(
      (address): Probe => ({ protocol: "udp", number: 17, address, port: 9 }),
    );
    const answers = async () => (await fresh.probe(probes)).map(said);
    maps.apply(compiled(listed(first)));
    expect(await answers()).toEqual(["blocked", "blocked", "allowed", "allowed"]);
    const more = compiled(listed(5 * first));
    const id = idWithin(fresh.programs.maps.hosts);
    withoutDescriptors(() => maps.apply(more));
    expect(await answers()).toEqual(["held", "held", "held", "held"]);
    expect([maps.leftOut > 0, idWithin(fresh.programs.maps.hosts)]).toEqual([true, id]);
    maps.apply(more);
    expect(await answers()).toEqual(["blocked", "blocked", "blocked", "allowed"]);
    expect([maps.leftOut, sizeWithin(fresh.programs.maps.hosts)]).toEqual([0, 16 * first]);
  } finally {
    await fresh.stop();
  }
});
