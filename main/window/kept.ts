// Small things that a person chose and that outlive the app: one file each, beside Chromium's own.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { app } from "electron";
import * as v from "valibot";

const file = (name: string): string => join(app.getPath("userData"), `${name}.json`);

/** `otherwise` where nothing was kept, or nothing readable is left of it. */
export function readKept<T>(name: string, schema: v.GenericSchema<unknown, T>, otherwise: T): T {
  try {
    return v.parse(schema, JSON.parse(readFileSync(file(name), "utf8")));
  } catch {
    return otherwise;
  }
}

export function keep(name: string, value: unknown): void {
  writeFileSync(file(name), JSON.stringify(value));
}
