// Open questions in the database, so that no question is lost with the helper. The first few of a moment are written at once, a flood
// in batches: a helper that is killed in between finds what is still held in the kernel.
import type { App, Direction, Endpoint, Name, Prompt } from "../../contract/words.ts";
import { log } from "../log.ts";
import type { Store } from "./database.ts";

/** A question as it is kept: everything of a prompt that does not depend on live flows. */
export type StoredPrompt = Omit<
  Prompt,
  "endpoint" | "domain" | "state" | "behind" | "rule" | "layer" | "reason" | "changed"
>;

interface Row {
  id: number;
  app: string;
  direction: Direction;
  process: string;
  attempts: number;
  opened: number;
  last: number | null;
}

type EndpointRow = Omit<Endpoint, "names" | "country"> & { names: string | null };

/** Changes written at once within one `batchPace`; what comes on top waits for its end. */
const quickWrites = 10;
/** Milliseconds. */
const batchPace = 250;
/** Ids are set aside in the file this many at a time: none is ever given twice, whatever was written of them. */
const idsAhead = 256;

type CountryOf = (address: string) => Endpoint["country"];
type Process = Prompt["process"];

export class PromptRows {
  private readonly store: Store;
  private readonly countryOf: CountryOf;
  private readonly toldApart: (process: Process) => Process;
  private readonly waiting = new Map<string, StoredPrompt>();
  private timer: NodeJS.Timeout | undefined;
  private quick = 0;
  private lastId: number;
  private lastReserved: number;
  /** Questions whose last change could not be written (a full disk). They are tried again; only a crash would lose them. */
  unsaved = 0;

  /**
   * `countryOf`: an address. What is known of it today may be more than when it was asked about. `toldApart`: whose it is, as this helper
   * tells people apart; an earlier one may have done otherwise.
   */
  constructor(store: Store, countryOf: CountryOf = () => undefined, toldApart = (process: Process) => process) {
    this.store = store;
    this.countryOf = countryOf;
    this.toldApart = toldApart;
    const row = store.prepare("SELECT seq FROM main.sqlite_sequence WHERE name = 'prompts'").pluck().get();
    this.lastId = Number(row ?? 0);
    this.lastReserved = this.lastId;
  }

  all(): StoredPrompt[] {
    const endpoints = this.store.prepare(
      "SELECT host, address, port, protocol, names FROM prompt_endpoints WHERE prompt = ? ORDER BY position",
    );
    return (this.store.prepare("SELECT * FROM prompts ORDER BY id").all() as Row[]).map((row) => ({
      id: String(row.id),
      // Older questions know nothing of via.
      app: { via: null, ...(JSON.parse(row.app) as Omit<App, "via">) },
      direction: row.direction,
      process: this.toldApart(JSON.parse(row.process) as Process),
      attempts: row.attempts,
      opened: new Date(row.opened).toISOString(),
      ...(row.last === null ? {} : { last: new Date(row.last).toISOString() }),
      endpoints: (endpoints.all(row.id) as EndpointRow[]).map(({ names, ...endpoint }) => ({
        ...endpoint,
        country: this.countryOf(endpoint.address),
        ...(names !== null && { names: JSON.parse(names) as Name[] }),
      })),
    }));
  }

  /** An id that no question had before, in this run of the helper or an earlier one. */
  nextId(): string {
    this.lastId++;
    if (this.lastId > this.lastReserved) {
      try {
        this.reserve(this.lastId + idsAhead);
      } catch (error) {
        log("error", "ids of questions could not be set aside", { error: String(error) });
      }
    }
    return String(this.lastId);
  }

  private reserve(last: number): void {
    const { changes } = this.store.prepare("UPDATE main.sqlite_sequence SET seq = ? WHERE name = 'prompts'").run(last);
    if (changes === 0)
      this.store.prepare("INSERT INTO main.sqlite_sequence (name, seq) VALUES ('prompts', ?)").run(last);
    this.lastReserved = last;
  }

  /** Keeps a question's newest state, at the latest `batchPace` from now. */
  write(prompt: StoredPrompt): void {
    this.waiting.set(prompt.id, prompt);
    if (this.timer === undefined) this.quick = 0;
    this.timer ??= setTimeout(() => this.flush(), batchPace).unref();
    if (this.unsaved === 0 && this.quick++ < quickWrites) this.writeWaiting();
  }

  /** Writes what waits. Never throws: questions that cannot be written stay in memory and are tried again. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writeWaiting();
    if (this.unsaved > 0) this.timer = setTimeout(() => this.flush(), batchPace).unref();
  }

  private writeWaiting(): void {
    if (this.waiting.size === 0 || !this.store.open) return;
    try {
      this.store.transaction(() => {
        for (const prompt of this.waiting.values()) this.save(prompt);
      })();
      this.waiting.clear();
    } catch (error) {
      if (this.unsaved === 0) log("error", "questions could not be saved", { error: String(error) });
    }
    this.unsaved = this.waiting.size;
  }

  private save({ id, app, direction, process, attempts, opened, last, endpoints }: StoredPrompt): void {
    this.store
      .prepare(
        `INSERT INTO prompts (id, app, direction, process, attempts, opened, last) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET process = excluded.process, attempts = excluded.attempts, last = excluded.last`,
      )
      .run(
        Number(id),
        JSON.stringify(app),
        direction,
        JSON.stringify(process),
        attempts,
        new Date(opened).getTime(),
        last === undefined ? null : new Date(last).getTime(),
      );
    this.store.prepare("DELETE FROM prompt_endpoints WHERE prompt = ?").run(Number(id));
    const insert = this.store.prepare(
      "INSERT INTO prompt_endpoints (prompt, position, host, address, port, protocol, names) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    endpoints.forEach(({ host, address, port, protocol, names }, position) => {
      insert.run(Number(id), position, host, address, port, protocol, names ? JSON.stringify(names) : null);
    });
  }

  /** Removes a question at once. It may be part of a transaction of the caller's. */
  remove(id: string): void {
    this.waiting.delete(id);
    this.store.prepare("DELETE FROM prompts WHERE id = ?").run(Number(id));
  }
}
