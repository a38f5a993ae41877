// The words that say what a rule or a flow is about, as `rules add` and `explain` take them.
import { execFileSync } from "node:child_process";
import { accessSync, closeSync, constants, openSync, readFileSync, readSync, realpathSync, statSync } from "node:fs";
import { basename, delimiter, isAbsolute, join, resolve } from "node:path";
import { joinAppPath, splitAppPath } from "../../contract/app-path.ts";
import type { Rule } from "../../contract/words.ts";
import { UsageError } from "./usage.ts";

/** An executable, and behind "//" the script that it runs, if it is an interpreter. `option`: whose value it is, for complaints. */
export function appPath(given: string, option = "--app"): string {
  const { executable, script } = splitAppPath(given);
  return joinAppPath({ executable: executablePath(executable, option), script });
}

/** Rules name the executable itself, so links are resolved here, where the person sees the same files; a path not there yet stays as it is. */
function executablePath(given: string, option: string): string {
  if (given === "") throw new UsageError(`${option} is empty (a path, or any)`);
  const path = given.includes("/") ? resolve(given) : (onPath(given) ?? resolve(given));
  try {
    const real = realpathSync(path);
    if (!statSync(real).isFile()) throw new UsageError(`${option}: "${given}" is not a program`);
    if (isScript(real))
      throw new UsageError(
        `${option}: "${given}" is a script; name it behind its interpreter: ${interpreterOf(real) ?? "/usr/bin/python3.11"}/${real}`,
      );
    return real;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (isAbsolute(given)) return path;
    throw new UsageError(`${option}: "${given}" is neither an absolute path nor a program that can be found`);
  }
}

/** What the script's first line names, links resolved; null where it names none that is there. */
function interpreterOf(script: string): string | null {
  try {
    const [first = ""] = readFileSync(script, "latin1").slice(0, 256).split("\n");
    const [, program = "", word = ""] = /^#!\s*(\S+)(?:\s+(\S+))?/.exec(first) ?? [];
    const path = basename(program) === "env" ? onPath(word) : program;
    return path === undefined ? null : realpathSync(path);
  } catch {
    return null;
  }
}

/** Runnable, yet no program that the kernel itself can run: an app with such a path never comes. What cannot be read is believed. */
function isScript(path: string): boolean {
  try {
    const fd = openSync(path, "r");
    try {
      const start = Buffer.alloc(4);
      readSync(fd, start, 0, 4, 0);
      return start.toString("latin1") !== "\x7fELF";
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

function onPath(name: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter(isAbsolute)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return statSync(path).isFile();
      } catch {
        return false;
      }
    });
}

function number(given: string): number {
  const port = /^\d{1,5}$/.test(given) ? Number(given) : 0;
  if (port < 1 || port > 65535) throw new UsageError(`--port is a number from 1 to 65535, not "${given}"`);
  return port;
}

export function portNumber(given: string): number {
  return number(given);
}

/** "443" or "8000-8999". */
export function portRange(given: string): { port: number; portTo: number | null } {
  const [first = "", last, more] = given.split("-");
  if (more !== undefined) throw new UsageError(`--port is one number or two with a dash, not "${given}"`);
  return { port: number(first), portTo: last === undefined ? null : number(last) };
}

/** "443", "8000-8999", or several with commas between. */
export function portRanges(given: string): { port: number; portTo: number | null }[] {
  return given.split(",").map((part) => portRange(part.trim()));
}

/** A uid, or the name of a user as this system knows them. */
export function userId(given: string): number {
  if (/^\d{1,10}$/.test(given)) return Number(given);
  try {
    // Users may come from elsewhere than /etc/passwd.
    return Number(execFileSync("id", ["-u", "--", given], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  } catch {
    throw new UsageError(`--user: there is no user "${given}"`);
  }
}

/** Where a rule reaches, in a column of a table. */
export function placeText({ zone, host, domain, address }: Rule): string {
  if (domain !== null) return `*.${domain}`;
  return zone ?? host ?? address ?? "any";
}

export function portText({ port, portTo }: Rule): string {
  if (port === null) return "any";
  return portTo === null ? String(port) : `${port}-${portTo}`;
}
