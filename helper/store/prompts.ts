// Open questions in the database, so that no question is lost with the helper.
import type { App, Direction, Endpoint, Prompt } from "../../contract/words.ts";
import type { Store } from "./database.ts";

/** A question as it is kept: everything of a prompt that does not depend on live flows. */
export type StoredPrompt = Omit<Prompt, "endpoint" | "state">;

interface Row {
  id: number;
  app: string;
  direction: Direction;
  process: string;
  attempts: number;
  opened: number;
}

export class PromptRows {
  private readonly store: Store;
  constructor(store: Store) {
    this.store = store;
  }

  all(): StoredPrompt[] {
    const endpoints = this.store.prepare(
      "SELECT host, address, port, protocol FROM prompt_endpoints WHERE prompt = ? ORDER BY position",
    );
    return (this.store.prepare("SELECT * FROM prompts ORDER BY id").all() as Row[]).map((row) => ({
      id: String(row.id),
      // Older questions know nothing of via.
      app: { via: null, ...(JSON.parse(row.app) as Omit<App, "via">) },
      direction: row.direction,
      process: JSON.parse(row.process) as Prompt["process"],
      attempts: row.attempts,
      opened: new Date(row.opened).toISOString(),
      endpoints: endpoints.all(row.id) as Endpoint[],
    }));
  }

  /** Returns the new prompt's id. */
  open(prompt: Omit<StoredPrompt, "id">): string {
    return this.store.transaction(() => {
      const { lastInsertRowid } = this.store
        .prepare("INSERT INTO prompts (app, direction, process, attempts, opened) VALUES (?, ?, ?, ?, ?)")
        .run(
          JSON.stringify(prompt.app),
          prompt.direction,
          JSON.stringify(prompt.process),
          prompt.attempts,
          new Date(prompt.opened).getTime(),
        );
      const id = String(lastInsertRowid);
      this.writeEndpoints(id, prompt.endpoints);
      return id;
    })();
  }

  update(prompt: StoredPrompt): void {
    this.store.transaction(() => {
      this.store
        .prepare("UPDATE prompts SET attempts = ?, process = ? WHERE id = ?")
        .run(prompt.attempts, JSON.stringify(prompt.process), Number(prompt.id));
      this.store.prepare("DELETE FROM prompt_endpoints WHERE prompt = ?").run(Number(prompt.id));
      this.writeEndpoints(prompt.id, prompt.endpoints);
    })();
  }

  remove(id: string): void {
    this.store.prepare("DELETE FROM prompts WHERE id = ?").run(Number(id));
  }

  private writeEndpoints(prompt: string, endpoints: readonly Endpoint[]): void {
    const insert = this.store.prepare(
      "INSERT INTO prompt_endpoints (prompt, position, host, address, port, protocol) VALUES (?, ?, ?, ?, ?, ?)",
    );
    endpoints.forEach((endpoint, position) => {
      insert.run(Number(prompt), position, endpoint.host, endpoint.address, endpoint.port, endpoint.protocol);
    });
  }
}
