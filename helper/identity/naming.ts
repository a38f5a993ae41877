// Remembers which executable is which app, tells the kernel, and names what is new.
import type { App } from "../../contract/words.ts";
import { type FlowRecord, flowId, layouts, type ProcessRecord } from "../kernel/layout.ts";
import type { BpfMap } from "../kernel/libbpf.ts";
import { log } from "../log.ts";
import type { AppNumbers } from "../store/numbers.ts";
import type { Apps } from "./apps.ts";

/** Executables remembered; the kernel's map has as many entries. */
const capacity = 65536;

/** Flows that may wait for a name at a time: programs that can never be remembered are named once a flow. */
const mostUnderWay = 4096;

/** How a flow ended before its app had a name. */
export interface EarlyEnd {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export class Naming {
  private readonly apps: Apps;
  private readonly numbers: AppNumbers;
  private readonly map: BpfMap;
  private readonly known = new Map<string, App>();
  /** Executables that neither this process nor the kernel could remember: there are too many. */
  unnamed = 0;
  /** Flows whose app is being named, with how they ended if they did meanwhile. */
  private readonly underWay = new Map<string, { cookie: bigint; end: EarlyEnd | null }>();

  private readonly byCookie = new Map<bigint, Set<string>>();
  /** Processes that are being named. */
  private readonly askers = new Map<string, Promise<App>>();

  constructor(apps: Apps, numbers: AppNumbers, map: BpfMap) {
    this.apps = apps;
    this.numbers = numbers;
    this.map = map;
    // An earlier helper's entries speak of numbers that may mean other apps by now (another database): name anew.
    for (const key of map.keys(layouts.exe_key.size)) map.delete(key);
  }

  /** Names the record's app and goes on: at once when it is known, else as soon as the file system answers. */
  meet(record: FlowRecord, then: (app: App) => void, ended: (id: string, end: EarlyEnd) => void): void {
    const key = layouts.exe_key.write(record.process.exe);
    const name = key.toString("latin1");
    const known = this.known.get(name) ?? this.byNumber(record.app);
    if (known) {
      then(known);
      return;
    }
    const id = flowId(record.flow);
    this.begin(id, record.flow.cookie);
    void this.identify(record.process, key, name)
      .then((app) => {
        const end = this.underWay.get(id)?.end;
        this.finish(id);
        then(app);
        if (end) ended(id, end);
      })
      .catch((error: unknown) => {
        log("error", "a flow could not be judged and stays held", { error: String((error as Error).stack ?? error) });
      })
      .finally(() => this.finish(id));
  }

  private begin(id: string, cookie: bigint): void {
    this.underWay.set(id, { cookie, end: null });
    const siblings = this.byCookie.get(cookie);
    if (siblings) siblings.add(id);
    else this.byCookie.set(cookie, new Set([id]));
  }

  private finish(id: string): void {
    const entry = this.underWay.get(id);
    if (entry === undefined) return;
    this.underWay.delete(id);
    const siblings = this.byCookie.get(entry.cookie);
    siblings?.delete(id);
    if (siblings?.size === 0) this.byCookie.delete(entry.cookie);
  }

  /** True when the flow's app is still being named: its end is kept and told afterwards. */
  postponeEnd(id: string, end: EarlyEnd): boolean {
    const entry = this.underWay.get(id);
    if (entry === undefined) return false;
    entry.end = end;
    return true;
  }

  /** Whether so many flows wait for their app's name that no more should. */
  get isBusy(): boolean {
    return this.underWay.size >= mostUnderWay;
  }

  /** Flows of a socket whose app is still being named. */
  ofSocket(cookie: bigint): string[] {
    return [...(this.byCookie.get(cookie) ?? [])];
  }

  /** The kernel knows the app already when it decided; the process may be gone by now. */
  private byNumber(number: number): App | undefined {
    const path = number === 0 ? undefined : this.numbers.nameOf(number);
    return path === undefined ? undefined : this.apps.describe(path);
  }

  /** A process that is being named already is not named a second time: its flows come in thousands before the first name. */
  private identify(process: ProcessRecord, key: Buffer, name: string): Promise<App> {
    const asker = `${name} ${process.pid} ${process.start}`;
    let naming = this.askers.get(asker);
    if (naming === undefined) {
      naming = this.identifyAnew(process, key, name).finally(() => this.askers.delete(asker));
      this.askers.set(asker, naming);
    }
    return naming;
  }

  private async identifyAnew(process: ProcessRecord, key: Buffer, name: string): Promise<App> {
    const { app, lasting } = await this.apps.identify(process);
    if (lasting && this.known.size < capacity) {
      this.known.set(name, app);
      this.tellKernel(key, app);
    } else if (lasting) {
      this.unnamed++;
    }
    return app;
  }

  /** Without it every connection of the app is held until the helper has judged it: slower, never wrong. */
  private tellKernel(key: Buffer, app: App): void {
    try {
      const number = Buffer.alloc(4);
      number.writeUInt32LE(this.numbers.of(app.path));
      this.map.set(key, number);
    } catch (error) {
      this.unnamed++;
      log("warn", "the kernel could not be told of an app", { app: app.path, error: String(error) });
    }
  }
}
