// How the last questions were answered: for whoever comes too late, and for whoever wants to take an answer back.
import type { Lifetime } from "../../contract/lifetime.ts";
import type { RecentAnswer } from "../../contract/questions.ts";
import type { Prompt, Scope } from "../../contract/words.ts";

/** Of each person: nobody's answers push out another's. */
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
  /** Newest first. */
  private answers: { readonly person: Person; readonly answer: RecentAnswer }[] = [];

  /** `how`: "allow, endpoint, once". */
  note(ids: readonly string[], how: string, person?: Person): void {
    for (const id of ids) {
      this.words.set(id, how);
      this.people.set(id, person);
    }
    const isTheirs = (id: string) => this.people.get(id) === person;
    bound(this.words, remembered, isTheirs);
    bound(this.people, 2 * remembered, isTheirs);
  }

  /** `now`: milliseconds since 1970. */
  keep({ id, app, direction, endpoint, endpoints, domain, process }: Prompt, given: Given, now: number): void {
    this.people.set(id, process.person);
    const time = new Date(now).toISOString();
    const about = { id, app, direction, endpoint, endpoints: endpoints.length, domain };
    const { person } = process;
    this.answers.unshift({ person, answer: { ...about, ...given, time, undone: false } });
    const theirs = this.answers.filter((each) => each.person === person);
    if (theirs.length > remembered) this.answers = this.answers.filter((each) => each !== theirs.at(-1));
  }

  /** A change of rules was taken back, if it was an answer's. */
  undone(change: number): void {
    this.answers = this.answers.map(({ person, answer }) => ({
      person,
      answer: answer.change === change ? { ...answer, change: null, undone: true } : answer,
    }));
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
    return this.answers.map(({ answer }) => answer);
  }
}

function bound(map: Map<string, unknown>, most: number, counts: (id: string) => boolean): void {
  const counted = [...map.keys()].filter(counts);
  for (const id of counted.slice(0, Math.max(0, counted.length - most))) map.delete(id);
}
