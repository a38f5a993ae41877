// A table of a network namespace (/proc/PID/net). It is as long as somebody makes it, and the kernel may begin anew with every piece of it.
import { closeSync, openSync, readSync } from "node:fs";
import type { Budget } from "../budget.ts";

/** As far as the budget goes. `steps`: what one reading costs, of a page of lines. */
export function readTable(path: string, budget: Budget, steps: number): string {
  const chunk = Buffer.alloc(64 * 1024);
  const fd = openSync(path, "r");
  try {
    let text = "";
    for (let bytes = -1; bytes !== 0 && budget.spend(steps); text += chunk.toString("latin1", 0, bytes))
      bytes = readSync(fd, chunk);
    return text;
  } finally {
    closeSync(fd);
  }
}
