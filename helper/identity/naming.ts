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
  /** Flows whose app is being named, with how they ended if they did meanwhile. */
  private readonly underWay = new Map<string, { cookie: bigint; end: EarlyEnd | null }>();

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
    this.underWay.set(id, { cookie: record.flow.cookie, end: null });
    void this.identify(record.process, key, name)
      .then((app) => {
        const end = this.underWay.get(id)?.end;
        this.underWay.delete(id);
        then(app);
        if (end) ended(id, end);
      })
      .catch((error: unknown) => {
        log("error", "a flow could not be judged and stays held", { error: String((error as Error).stack ?? error) });
      })
      .finally(() => this.underWay.delete(id));
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
    return [...this.underWay].filter(([, entry]) => entry.cookie === cookie).map(([id]) => id);
  }

  /** The kernel knows the app already when it decided; the process may be gone by now. */
  private byNumber(number: number): App | undefined {
    const path = number === 0 ? undefined : this.numbers.nameOf(number);
    return path === undefined ? undefined : this.apps.describe(path);
  }

  private async identify(process: ProcessRecord, key: Buffer, name: string): Promise<App> {
    const { app, lasting } = await this.apps.identify(process);
    if (lasting && this.known.size < capacity) {
      this.known.set(name, app);
      this.tellKernel(key, app);
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
      log("error", "the kernel could not be told of an app", { app: app.path, error: String(error) });
    }
  }
}
