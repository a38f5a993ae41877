// What is remembered of executables, what the kernel is told, and ends that come before the name.
import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import type { AppPath } from "../../../contract/app-path.ts";
import type { App } from "../../../contract/words.ts";
import type { Apps, Identified, ReportedProcess } from "../../../helper/identity/apps.ts";
import { Naming } from "../../../helper/identity/naming.ts";
import { largestShare, sharerOf } from "../../../helper/identity/under-way.ts";
import { disguise, type FlowRecord, flowId, layouts } from "../../../helper/kernel/layout.ts";
import type { BpfMap } from "../../../helper/kernel/libbpf.ts";
import { AppNumbers } from "../../../helper/store/numbers.ts";
import { temporaryStore } from "../store/temporary.ts";

const { open } = temporaryStore();
const curl: App = { name: "curl", path: "/usr/bin/curl", verified: true, icon: null, via: null };

function record(cookie: bigint, inode = 1n, app = 0): FlowRecord {
  const empty = layouts.record.read(Buffer.alloc(layouts.record.size));
  return {
    ...empty,
    app,
    flow: { ...empty.flow, cookie },
    process: { ...empty.process, exe: { ...empty.process.exe, inode } },
  };
}

/** A process of its own. */
function hung(number: bigint): FlowRecord {
  const told = record(number, 2n);
  return { ...told, process: { ...told.process, start: number } };
}

/** Apps whose answers come when the test says so. */
function start(
  told = new Map<string, number>(),
  toldProcesses = new Map<string, number>(),
  launches = new Map<string, Buffer>(),
) {
  const waiting: ((identified: Identified) => void)[] = [];
  const asked: ReportedProcess[] = [];
  const apps = {
    identify: (process: ReportedProcess) => {
      asked.push(process);
      return new Promise<Identified>((resolve) => waiting.push(resolve));
    },
    describe: ({ executable }: AppPath): App => ({ ...curl, path: executable }),
    ownerOf: async () => null,
  };
  const mapOf = (content: Map<string, number>) =>
    ({
      set: (key: Buffer, value: Buffer) => content.set(key.toString("hex"), value.readUInt32LE()),
      get: (key: Buffer, into: Buffer) => {
        const number = content.get(key.toString("hex"));
        if (number !== undefined) into.writeUInt32LE(number);
        return number !== undefined;
      },
      keys: () => [...content.keys()].map((key) => Buffer.from(key, "hex")),
      delete: (key: Buffer) => content.delete(key.toString("hex")),
    }) as unknown as BpfMap;
  const started = {
    get: (key: Buffer, into: Buffer) => (launches.get(key.toString("hex"))?.copy(into) ?? 0) > 0,
  } as unknown as BpfMap;
  const numbers = new AppNumbers(open());
  const maps = { apps: mapOf(told), processes: mapOf(toldProcesses), launches: started };
  const changed = new Set<string>();
  const contents = {
    meet: async () => {},
    isChanged: ({ content = "" }: Pick<App, "content">) => changed.has(content),
    fileOf: () => null,
  };
  /** What the kernel had numbers for whenever sockets were told to look theirs up again. */
  const taken: number[] = [];
  const notices = { takeBackNumbers: () => void taken.push(told.size + toldProcesses.size) };
  const naming = new Naming({ apps: apps as unknown as Apps, numbers, maps, contents, notices });
  const events: string[] = [];
  const meet = (met: FlowRecord) =>
    naming.meet(
      met,
      (app) => events.push(`${met.flow.cookie} is ${app.path}`),
      (id, { bytesIn, bytesOut }) =>
        events.push(`${id === flowId(met.flow) ? met.flow.cookie : id} ended ${bytesIn} ${bytesOut}`),
    );
  const answer = async (identified: Identified) => {
    waiting.shift()?.(identified);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve)); // what waited for it is done in slices
  };
  return { naming, asked, numbers, told, toldProcesses, events, meet, answer, waiting, changed, taken };
}

describe("an executable", () => {
  it("is named once, told to the kernel, and known at once from then on", async () => {
    const { meet, answer, events, told, numbers } = start();
    meet(record(1n));
    expect(events).toEqual([]);
    await answer({ app: curl, certain: true, lasting: true });
    meet(record(2n));
    expect(events).toEqual(["1 is /usr/bin/curl", "2 is /usr/bin/curl"]);
    const key = layouts.exe_key.write(record(1n).process.exe).toString("hex");
    expect([...told]).toEqual([[key, numbers.of("/usr/bin/curl")]]);
  });

  it("has its many flows judged when it is named, and lets others have their turn in between", async () => {
    const { naming, answer } = start();
    const judged: bigint[] = [];
    for (let cookie = 1n; cookie <= 100n; cookie++) {
      const slowly = () => {
        const end = performance.now() + 1;
        while (performance.now() < end);
        judged.push(cookie);
      };
      naming.meet(record(cookie), slowly, () => {});
    }
    await answer({ app: curl, certain: true, lasting: true });
    expect(judged.length).toBeLessThan(100);
    await vi.waitFor(() => expect(judged).toHaveLength(100));
    expect(judged).toEqual(judged.toSorted((a, b) => Number(a - b)));
  });

  it("is named although more hang than are named at a time", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    try {
      const { meet, asked } = start();
      for (let n = 1n; n <= 300n; n++) meet(hung(n));
      expect(asked.length).toBeLessThan(300);
      meet(record(301n));
      await vi.advanceTimersByTimeAsync(3000);
      expect(asked.at(-1)).toEqual(record(301n).process);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is asked about again while nobody is certain, though not for every connection, and never told to the kernel", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const { meet, answer, told, toldProcesses, waiting } = start();
      for (let i = 0; i < 2; i++) {
        meet(record(1n));
        meet(record(2n));
        expect(waiting).toHaveLength(1);
        await answer({ app: { ...curl, path: "/usr/bin/curl (inside a sandbox)" }, certain: false, lasting: false });
        meet(record(3n));
        expect(waiting).toHaveLength(0);
        vi.advanceTimersByTime(1001);
      }
      expect([told.size, toldProcesses.size]).toEqual([0, 0]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("has no number while it is not what its rules were made for, and gets it with the next look after that", async () => {
    const { naming, meet, answer, told, toldProcesses, waiting, changed, numbers } = start();
    const app = { ...curl, content: "new" };
    changed.add("new");
    meet(record(1n));
    await answer({ app, certain: true, lasting: true });
    meet(record(2n));
    expect([told.size, toldProcesses.size, waiting.length]).toEqual([0, 0, 0]);
    changed.clear();
    naming.review([curl.path]);
    meet(record(3n));
    await answer({ app, certain: true, lasting: true });
    expect([...told.values()]).toEqual([numbers.of(curl.path)]);
  });

  it("loses its number when its rules turn out to be for another content; sockets hear of it when the kernel has it no more", async () => {
    const { naming, meet, answer, told, waiting, changed, taken } = start();
    meet(record(1n));
    await answer({ app: { ...curl, content: "old" }, certain: true, lasting: true });
    changed.add("old");
    naming.review(["/usr/bin/wget"]);
    expect(told.size).toBe(1);
    taken.length = 0;
    naming.review([curl.path]);
    expect([told.size, taken]).toEqual([0, [0]]);
    meet(record(2n));
    expect(waiting).toHaveLength(1);
  });

  it("is told by its process where it is not one app whoever runs it", async () => {
    const { meet, answer, told, toldProcesses, waiting, numbers, events } = start();
    meet(record(1n));
    await answer({ app: curl, certain: true, lasting: false });
    meet(record(2n));
    expect(waiting).toHaveLength(0);
    expect(events).toHaveLength(2);
    expect(told.size).toBe(0);
    const key = layouts.process_key.write({ start: 0n, exec_id: 0, kernel_pid: 0 }).toString("hex");
    expect([...toldProcesses]).toEqual([[key, numbers.of("/usr/bin/curl")]]);
    const other = record(3n);
    meet({ ...other, process: { ...other.process, start: 1n } });
    expect(waiting).toHaveLength(1);
  });

  it("keeps the number of a process while its content is one that its rules are for, so that its connections go on", async () => {
    const { naming, meet, answer, toldProcesses, waiting, changed, taken } = start();
    meet(record(1n));
    await answer({ app: { ...curl, content: "one" }, certain: true, lasting: false });
    taken.length = 0;
    naming.review([curl.path]);
    expect([toldProcesses.size, taken]).toEqual([1, [1]]);
    meet(record(2n));
    expect(waiting).toHaveLength(0);
    changed.add("one");
    naming.review([curl.path]);
    expect([toldProcesses.size, taken]).toEqual([0, [1, 0]]);
    meet(record(3n));
    expect(waiting).toHaveLength(1);
  });

  it("stays the app of its file when somebody starts a script with it, whose process is another app", async () => {
    const { naming, meet, answer, waiting, events, told } = start();
    meet(record(1n));
    await answer({ app: curl, certain: true, lasting: true });
    const empty = layouts.program.read(Buffer.alloc(layouts.program.size));
    const { process } = record(1n);
    const script = { ...process, start: 1n, exe: { ...process.exe, disguised: disguise.script } };
    naming.announce({ ...empty, launched: 1, process: script, launch: { ...empty.launch, interpreted: 1 } });
    expect(waiting).toHaveLength(1);
    meet({ ...record(2n), process: script });
    await answer({ app: { ...curl, path: "/usr/bin/curl//a" }, certain: true, lasting: false });
    meet(record(3n));
    expect(events).toEqual(["1 is /usr/bin/curl", "2 is /usr/bin/curl//a", "3 is /usr/bin/curl"]);
    expect(told.size).toBe(1);
  });

  it("of an earlier helper is forgotten where this database does not vouch for it, and its processes", () => {
    const process = layouts.process_key.write({ start: 1n }).toString("hex");
    const { told, toldProcesses } = start(
      new Map([[layouts.exe_key.write(record(1n).process.exe).toString("hex"), 7]]),
      new Map([[process, 0]]),
    );
    expect([told.size, toldProcesses.size]).toEqual([0, 0]);
  });

  it("of an earlier helper's process is asked for again at once where that lives, which has no number until then", async () => {
    const ticks =
      readFileSync("/proc/self/stat", "latin1")
        .replace(/^.*\) /s, "")
        .split(" ")[19] ?? "";
    const nanoseconds = BigInt(ticks) * 10_000_000n;
    const keys = [nanoseconds, nanoseconds + 10_000_000n].map((start) =>
      layouts.process_key.write({ start, kernel_pid: process.pid }).toString("hex"),
    );
    const [living = "", another = ""] = keys;
    const launch = layouts.launch.write({ interpreted: 1 });
    const left = () => new Map(keys.map((key) => [key, 7]));
    const launches = new Map(keys.map((key) => [key, launch]));
    const { toldProcesses, waiting, answer, numbers, asked } = start(new Map(), left(), launches);
    // The other one had its pid before.
    expect([...toldProcesses]).toEqual([[living, 0]]);
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    expect(asked[0]).toMatchObject({ pid: process.pid, uid: 0, gid: 0, exe: { disguised: disguise.script } });
    await answer({ app: curl, certain: true, lasting: false });
    expect([...toldProcesses]).toEqual([[living, numbers.of(curl.path)]]);
    expect(toldProcesses.has(another)).toBe(false);
    // Where nobody can be sure of it, it is told of at its next call.
    const again = start(new Map(), left(), launches);
    await vi.waitFor(() => expect(again.waiting).toHaveLength(1));
    await again.answer({ app: curl, certain: false, lasting: false });
    expect(again.toldProcesses.size).toBe(0);
  });

  it("is another one when any part of its key differs", async () => {
    const { meet, answer, waiting } = start();
    meet(record(1n, 1n));
    await answer({ app: curl, certain: true, lasting: true });
    meet(record(2n, 2n));
    expect(waiting).toHaveLength(1);
  });

  it("that the kernel knew by number is named by it, even if the process is gone", () => {
    const { meet, events, numbers } = start();
    meet(record(1n, 5n, numbers.of("/usr/bin/gone")));
    expect(events).toEqual(["1 is /usr/bin/gone"]);
  });
});

it("names at most so many at a time, and in the end everybody", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  try {
    const { naming, answer, waiting, toldProcesses } = start();
    const empty = layouts.program.read(Buffer.alloc(layouts.program.size));
    for (let pid = 1; pid <= 1000; pid++) {
      const process = { ...empty.process, kernel_pid: pid, start: 1n };
      naming.announce({ ...empty, process });
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(waiting).toHaveLength(256);
    for (let named = 0; named < 1000; named++) {
      expect(waiting.length).toBeLessThanOrEqual(256);
      await answer({ app: curl, certain: true, lasting: false });
    }
    expect(toldProcesses.size).toBe(1000);
  } finally {
    vi.useRealTimers();
  }
});

describe("room for flows whose app is being named", () => {
  const [slow, other] = [sharerOf(record(0n)), sharerOf(record(0n, 2n))];

  it("is shared: a program that takes long leaves others theirs, and what it is refused is counted", async () => {
    const { naming, meet, answer } = start();
    for (let cookie = 1n; cookie <= largestShare; cookie++) {
      expect(naming.underWay.hasRoom(slow)).toBe(true);
      meet(record(cookie));
    }
    expect(naming.underWay.turnedAway).toBe(0);
    expect([naming.underWay.hasRoom(slow), naming.underWay.hasRoom(other)]).toEqual([false, true]);
    expect(naming.underWay.turnedAway).toBe(1);
    await answer({ app: curl, certain: true, lasting: true });
    expect(naming.underWay.hasRoom(slow)).toBe(true);
  });

  it("is no program's alone that is started anew after its file was touched", () => {
    const { naming, meet } = start();
    for (let cookie = 1n; cookie <= largestShare; cookie++) {
      const told = record(cookie);
      meet({
        ...told,
        process: { ...told.process, start: cookie, exe: { ...told.process.exe, ctime_seconds: cookie } },
      });
    }
    expect(naming.underWay.hasRoom(slow)).toBe(false);
  });

  it("is not taken from the other scripts of an interpreter by one that is known", () => {
    const { naming, meet } = start();
    for (let cookie = 1n; cookie <= largestShare; cookie++) meet(record(cookie, 1n, 7));
    expect(naming.underWay.hasRoom(sharerOf(record(0n, 1n, 7)))).toBe(false);
    expect(naming.underWay.hasRoom(slow)).toBe(true);
  });

  it("has a bound for all", () => {
    const { naming, meet } = start();
    let flows = 0n;
    for (let inode = 10n; naming.underWay.hasRoom(other) && flows < 100_000n; inode++)
      for (let each = 0; each < largestShare; each++) meet(record(++flows, inode));
    expect(flows).toBe(4096n);
  });
});

describe("the end of a flow whose app is being named", () => {
  it("is told after the name", async () => {
    const { naming, meet, answer, events } = start();
    const met = record(1n);
    meet(met);
    expect(naming.underWay.ofSocket(1n)).toEqual([flowId(met.flow)]);
    expect(naming.underWay.postponeEnd(flowId(met.flow), { bytesIn: 3, bytesOut: 4 })).toBe(true);
    expect(events).toEqual([]);
    await answer({ app: curl, certain: true, lasting: true });
    expect(events).toEqual(["1 is /usr/bin/curl", "1 ended 3 4"]);
    expect(naming.underWay.ofSocket(1n)).toEqual([]);
  });

  it("is told once, after the last of its records", async () => {
    const { naming, meet, answer, events } = start();
    const met = record(1n);
    meet(met);
    meet(met);
    expect(naming.underWay.postponeEnd(flowId(met.flow), { bytesIn: 3, bytesOut: 4 })).toBe(true);
    await answer({ app: curl, certain: true, lasting: true });
    await answer({ app: curl, certain: true, lasting: true });
    expect(events).toEqual(["1 is /usr/bin/curl", "1 is /usr/bin/curl", "1 ended 3 4"]);
    expect(naming.underWay.has(flowId(met.flow))).toBe(false);
  });

  it("is nobody's to keep afterwards", async () => {
    const { naming, meet, answer } = start();
    const id = flowId(record(1n).flow);
    expect(naming.underWay.postponeEnd(id, { bytesIn: 0, bytesOut: 0 })).toBe(false);
    meet(record(1n));
    await answer({ app: curl, certain: true, lasting: true });
    expect(naming.underWay.postponeEnd(id, { bytesIn: 0, bytesOut: 0 })).toBe(false);
  });
});
