// What a benchmark found: noted one by one, printed as a table, written to dist/bench/NAME.json.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Figure {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: string;
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** `goal`: "≤ 1.10", "≥ 20000", or empty where there is none. */
export function meets(value: number, goal: string): boolean {
  const [relation, bound] = goal.split(" ");
  if (relation === "≤") return value <= Number(bound);
  if (relation === "≥") return value >= Number(bound);
  return goal === "";
}

export class Figures {
  private readonly all: Figure[] = [];

  note(figure: string, value: number, unit: string, goal = ""): void {
    this.all.push({ figure, value: Math.round(value * 1000) / 1000, unit, goal });
  }

  /** Prints the table and writes the file. */
  finish(name: string): void {
    const widest = Math.max(...this.all.map(({ figure }) => figure.length));
    for (const { figure, value, unit, goal } of this.all) {
      const judged = goal === "" ? "" : `   goal ${goal}${meets(value, goal) ? "" : "  MISSED"}`;
      console.log(`${figure.padEnd(widest)} ${String(value).padStart(10)} ${unit}${judged}`);
    }
    const folder = join(import.meta.dirname, "../../dist/bench");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(this.all, null, 2));
  }
}
