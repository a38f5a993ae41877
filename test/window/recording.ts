// What a real helper said in a real run (test/end-to-end/recording.test.ts writes it), and its shape: that of what any helper of these sources
// says in the same run.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { events, methods } from "../../contract/methods.ts";
import type { ScenarioHelper } from "./scenario-helper.ts";

const file = join(import.meta.dirname, "recorded.json");

/** As it came over the socket, unread: what somebody hears who begins to watch, and two answers. `at`: when. */
export interface Recording {
  at: string;
  events: { status: unknown; prompts: unknown; flows: unknown; rules: unknown };
  /** Of the question that is open, and the last answers. */
  results: { "prompts.details": unknown; "answers.list": unknown };
}

export function writeRecording(recording: Recording): void {
  writeFileSync(file, `${JSON.stringify(recording, null, 1)}\n`);
}

/** Read by the contract, which drops what it does not know. Throws where the helper said what it must not. */
export function parseRecording({ at, events: said, results }: Recording) {
  return {
    at,
    events: {
      status: v.parse(events.status, said.status),
      prompts: v.parse(events.prompts, said.prompts),
      flows: v.parse(events.flows, said.flows),
      rules: v.parse(events.rules, said.rules),
    },
    results: {
      "prompts.details": v.parse(methods["prompts.details"].result, results["prompts.details"]),
      "answers.list": v.parse(methods["answers.list"].result, results["answers.list"]),
    },
  };
}

/** The scenario becomes what was recorded. */
export function replay(recording: Recording, helper: ScenarioHelper): ReturnType<typeof parseRecording> {
  const parsed = parseRecording(recording);
  helper.setStatus(parsed.events.status);
  helper.put("prompts", ...parsed.events.prompts.changed);
  helper.put("flows", ...parsed.events.flows.changed);
  helper.put("rules", ...parsed.events.rules.changed);
  helper.details = parsed.results["prompts.details"];
  helper.answers.splice(0, Number.POSITIVE_INFINITY, ...parsed.results["answers.list"]);
  return parsed;
}

const isTime = (text: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text);

/** The committed one, as if it had been made `now`. */
export function readRecording(now?: number): Recording {
  const text = readFileSync(file, "utf8");
  const past = now === undefined ? 0 : now - Date.parse((JSON.parse(text) as Recording).at);
  return JSON.parse(text, (_, value) =>
    typeof value === "string" && isTime(value) ? new Date(Date.parse(value) + past).toISOString() : value,
  ) as Recording;
}

/** Keys whose texts are words of the contract: another word is another shape. */
const words = /\.(mode|level|action|verdict|layer|state|protocol|direction|origin|scope|lifetime|zone|source|kind)$/;
/** What depends on the file system, and on who started the test. */
const ofTheMachine = /\.app\.(content|via)$/;

/**
 * What something is made of, a line each: "prompts.changed[].app.icon: null". Of lists, what any of their items has. What a machine or its
 * load puts in (numbers, texts) is told by its kind alone.
 */
export function shapeOf(value: unknown, at = ""): string[] {
  const lines = new Set<string>();
  const look = (part: unknown, path: string): void => {
    if (ofTheMachine.test(path)) return;
    if (Array.isArray(part)) {
      if (part.length === 0) lines.add(`${path}: []`);
      for (const item of part) look(item, `${path}[]`);
    } else if (typeof part === "object" && part !== null) {
      for (const [key, inner] of Object.entries(part)) look(inner, `${path}.${key}`);
    } else if (typeof part === "string") {
      lines.add(`${path}: ${words.test(path) ? JSON.stringify(part) : isTime(part) ? "time" : "text"}`);
    } else lines.add(`${path}: ${part === null ? "null" : typeof part}`);
  };
  look(value, at);
  return [...lines].sort();
}
