// How the last questions were answered: for whoever comes too late, and for whoever wants to take an answer back.
import type { Lifetime } from "../../contract/lifetime.ts";
import type { RecentAnswer } from "../../contract/questions.ts";
import type { Prompt, Scope } from "../../contract/words.ts";

const remembered = 100;

type Person = Prompt["process"]["person"];

export interface Given {
  readonly action: "allow" | "block";
  readonly scope: Scope;
  readonly lifetime: Lifetime;
  /** What takes it back; null where it made no rule. */
  readonly change: number | null;
}

export class Answered {
  private readonly words = new Map<string, string>();
  /** Whose each was, as a prompt's process has it. */
  private readonly people = new Map<string, Person>();
  private readonly answers: RecentAnswer[] = [];

  /** `how`: "allow, endpoint, once". */
  note(ids: readonly string[], how: string, person?: Person): void {
    for (const id of ids) {
      this.words.set(id, how);
      this.people.set(id, person);
    }
    bound(this.words, remembered);
    bound(this.people, 2 * remembered);
  }

  /** `now`: milliseconds since 1970. */
  keep({ id, app, direction, endpoint, endpoints, domain, process }: Prompt, given: Given, now: number): void {
    this.people.set(id, process.person);
    const time = new Date(now).toISOString();
    const about = { id, app, direction, endpoint, endpoints: endpoints.length, domain };
    this.answers.unshift({ ...about, ...given, time, undone: false });
    this.answers.length = Math.min(this.answers.length, remembered);
  }

  /** A change of rules was taken back, if it was an answer's. */
  undone(change: number): void {
    const at = this.answers.findIndex((answer) => answer.change === change);
    const answer = this.answers[at];
    if (answer) this.answers[at] = { ...answer, change: null, undone: true };
  }

  how(id: string): string | undefined {
    return this.words.get(id);
  }

  /** Whose question it was; "unknown" where none of that id was answered. */
  personOf(id: string): Person | "unknown" {
    return this.people.has(id) ? this.people.get(id) : "unknown";
  }

  /** Newest first. */
  list(): RecentAnswer[] {
    return [...this.answers];
  }
}

function bound(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
