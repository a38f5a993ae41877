// The person's preferences: one small file below the app's own folder. A file that cannot be read or written costs the preferences, nothing else.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Preferences, type PreferencesChange, readPreferences } from "../../contract/preferences.ts";

export class PreferencesFile {
  private readonly path: string;
  private readonly told: (preferences: Preferences, before: Preferences) => void;
  private kept: Preferences;

  /** `told`: hears of every change. */
  constructor(path: string, told: (preferences: Preferences, before: Preferences) => void) {
    this.path = path;
    this.told = told;
    this.kept = read(path);
  }

  get all(): Preferences {
    return this.kept;
  }

  change(change: PreferencesChange): void {
    const before = this.kept;
    this.kept = readPreferences({ ...before, ...change });
    try {
      mkdirSync(dirname(this.path), { recursive: true });
      // Whole or not at all: a full disk must not leave half a file.
      writeFileSync(`${this.path}.new`, `${JSON.stringify(this.kept, null, 2)}\n`);
      renameSync(`${this.path}.new`, this.path);
    } catch (error) {
      console.error(`preferences could not be written: ${String(error)}`);
    }
    this.told(this.kept, before);
  }
}

function read(path: string): Preferences {
  try {
    return readPreferences(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return readPreferences(null);
  }
}
