// What one change of the rules costs among ten thousand: from the request's arrival in the engine, through a real SQLite file, to the maps
// of the real kernel. Writes dist/bench/policy.json.
import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Blocklists, listsFolder } from "../../helper/blocklists/blocklists.ts";
import { PolicyLists } from "../../helper/blocklists/policy-lists.ts";
import { Engine } from "../../helper/engine.ts";
import { cgroupRoot } from "../../helper/guard/cgroups.ts";
import { objectPath } from "../../helper/helper.ts";
import { Countries } from "../../helper/history/countries.ts";
import { Recorder } from "../../helper/history/recorder.ts";
import { Apps } from "../../helper/identity/apps.ts";
import { systemDirectories } from "../../helper/identity/desktop-entries.ts";
import { CgroupPaths } from "../../helper/kernel/cgroup-paths.ts";
import { layouts } from "../../helper/kernel/layout.ts";
import { boottime } from "../../helper/kernel/libc.ts";
import { Programs } from "../../helper/kernel/programs.ts";
import { localPrefixes, loopbackPrefixes } from "../../helper/policy/rule.ts";
import { openStore } from "../../helper/store/database.ts";
import { NameRows } from "../../helper/store/names.ts";
import { Rules } from "../../helper/store/rules.ts";
import { OwnCgroup } from "../bpf/own-cgroup.ts";
import { Figures, percentile } from "./figures.ts";
import { kindOf, kinds, names, ruleOf } from "./policy/rules.ts";

const ruleCount = 10_000;
const nameCount = 500;
/** Of each kind of rule. */
const changes = 60;
const wholes = 15;
const figures = new Figures();

/** What SQLite writes for one rule: 6 to 9 pages of its log. */
const written = 32 * 1024;
/** The log is written from its start again and again: its file does not grow. */
const logLength = 128;

/** What the disk alone takes for as much as a change writes: the part of it that no program can save. */
class Disk {
  private readonly file: number;
  private readonly pages = Buffer.alloc(written, 1);
  private at = 0;

  constructor(folder: string) {
    this.file = openSync(join(folder, "written"), "w");
    for (let at = 0; at < logLength; at++) writeSync(this.file, this.pages, 0, written, at * written);
    fsyncSync(this.file);
  }

  /** Milliseconds. */
  sync(): number {
    const began = performance.now();
    writeSync(this.file, this.pages, 0, written, (this.at++ % logLength) * written);
    fsyncSync(this.file);
    return performance.now() - began;
  }

  close(): void {
    closeSync(this.file);
  }
}

/** `where`: a folder on a disk, or in memory, where nothing is waited for. */
async function measure(title: string, where: string, goals: boolean): Promise<void> {
  const folder = mkdtempSync(join(where, "picket-bench-"));
  const cgroup = new OwnCgroup();
  let programs: Programs | undefined;
  try {
    programs = new Programs(objectPath, cgroup.instance);
    const store = openStore(join(folder, "picket.sqlite"));
    const clock = { boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(), boottime };
    const stored = new Rules(store, clock);
    store.transaction(() => {
      for (let at = 0; at < ruleCount; at++) stored.add(ruleOf(kindOf(at), at), 0);
      store.exec("DELETE FROM rule_changes");
    })();
    const rows = new NameRows(store, clock.boot);
    for (const name of names(nameCount, boottime() + 3600_000)) rows.note(name, true);
    rows.flush();
    const fetch = () => Promise.reject(new Error("nothing is fetched"));
    const blocklists = await Blocklists.open({ store, directory: listsFolder(folder), fetch });
    let compiled = 0;
    let spent = 0;
    let committed = 0;
    // How durably() ends: what it wrote is on the disk.
    const pragma = store.pragma.bind(store);
    store.pragma = (text, options) => {
      const result = pragma(text, options);
      if (text === "synchronous = NORMAL") committed = performance.now();
      return result;
    };
    const cpu = () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    };
    let profile: string | null = null;
    const engine = new Engine({
      personOf: () => undefined,
      programs,
      store,
      clock,
      asker: () => 0,
      situation: () => ({ mode: "ask", override: null, profile }),
      lists: new PolicyLists(blocklists),
      resolvedMonitor: null,
      countries: new Countries(),
      recorder: new Recorder(() => {
        throw new Error("nothing connects here");
      }),
      apps: new Apps(systemDirectories),
      cgroups: new CgroupPaths(cgroupRoot()),
      settings: { holdTicks: 25, pidNamespace: statSync("/proc/self/ns/pid").ino },
      zones: () => ({ loopback: loopbackPrefixes, resolvers: [], local: localPrefixes }),
      lostPackets: () => 0,
      lostNews: () => 0,
      heard: () => {},
      listener: { prompt: () => {}, flow: () => {}, rules: () => {} },
      checkpoint: (step) => {
        if (step !== "compiled") return;
        compiled = performance.now();
        spent = cpu();
      },
    });
    const times: Record<string, number[]> = {};
    const returned: number[] = [];
    const adds: number[] = [];
    const addCpu: number[] = [];
    const addCommit: number[] = [];
    const disk = new Disk(folder);
    const syncs: number[] = [];
    const time = <T>(kind: string, change: () => T): T => {
      const cpuBefore = cpu();
      const began = performance.now();
      const result = change();
      returned.push(performance.now() - began);
      if (kind.startsWith("add")) {
        adds.push(compiled - began);
        addCpu.push(spent - cpuBefore);
        addCommit.push(committed - began);
        // Side by side: a disk has good and bad minutes, and other users.
        syncs.push(disk.sync());
      }
      times[kind] ??= [];
      times[kind].push(compiled - began);
      return result;
    };
    let at = 20_000;
    for (let round = 0; round < changes; round++)
      for (const kind of kinds) {
        const rule = ruleOf(kind, at++);
        const { id } = time(`add, ${kind}`, () => engine.edits.add(rule));
        const other = rule.action === "allow" ? "block" : "allow";
        const replaced = time("replace", () => engine.edits.add({ ...rule, action: other }));
        if (replaced.replaced !== id) throw new Error(`${replaced.replaced} was replaced, not ${id}`);
        time("disable or enable", () => engine.edits.enable([replaced.id], false));
        time("disable or enable", () => engine.edits.enable([replaced.id], true));
        time("remove", () => engine.edits.remove([replaced.id]));
        time("undo", () => engine.edits.undo(null));
        // As a person's evening goes by, so does the store's.
        if (round % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      }
    const all = (prefix: string) =>
      Object.entries(times).flatMap(([kind, each]) => (kind.startsWith(prefix) ? each : []));
    const note = (what: string, values: readonly number[], goal = "") => {
      figures.note(`${title}: ${what}, p50`, percentile(values, 0.5), "ms", goal);
      figures.note(`${title}: ${what}, p99`, percentile(values, 0.99), "ms");
    };
    note("rules.add, from its arrival to the kernel", adds, goals ? "≤ 5" : "");
    note("rules.add, until it is committed", addCommit);
    note("rules.add, to the kernel, CPU time", addCpu);
    note("the disk alone, after each of them: 32 KiB written and synced", syncs);
    const others = adds.map((each, at) => each - (syncs[at] ?? 0));
    note("rules.add less what the disk alone takes at that moment", others, goals ? "≤ 5" : "");
    disk.close();
    for (const kind of Object.keys(times)) note(kind, all(kind));
    note("any change, until its answer", returned);
    const over = all("").filter((each) => each > 5).length / all("").length;
    figures.note(`${title}: changes that took more than 5 ms`, over * 100, "%");

    const whole = Array.from({ length: wholes }, () => {
      profile = profile === null ? "elsewhere" : null;
      const began = performance.now();
      engine.policyChanged();
      return compiled - began;
    });
    note("compiled as a whole and written", whole);

    if (goals) {
      const { slots, hosts, ranges, tables } = programs.maps;
      const keys = slots.keys(layouts.slot_key.size);
      const value = Buffer.alloc(layouts.slot.size);
      const deferred = keys.filter((key) => slots.get(key, value) && layouts.slot.read(value).rule === 0).length;
      const [key, mask] = [Buffer.alloc(4), Buffer.alloc(4)];
      let used = 0;
      for (let table = 0; table < tables.capacity(); table++) {
        key.writeUInt32LE(table);
        if (tables.get(key, mask) && mask.readUInt32LE() !== 0) used++;
      }
      const paths = hosts.keys(layouts.host_key.size).length + ranges.keys(layouts.range_key.size).length;
      const rules = engine.listRules().filter(({ enabled }) => enabled).length;
      if (engine.shortfalls.leftOut !== 0) throw new Error("entries have no room");
      figures.note("entries in the kernel for each rule", (keys.length + used + paths) / rules, "", "≤ 4");
      figures.note("slots that leave the verdict to the helper", (deferred / keys.length) * 100, "%");
    }
    engine.close();
    await blocklists.close();
    store.close();
  } finally {
    programs?.remove();
    await cgroup.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

await measure("on disk", tmpdir(), true);
await measure("in memory, without fsync", "/dev/shm", false);
figures.finish("policy");
