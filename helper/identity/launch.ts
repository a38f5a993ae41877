// How a process was started, out of what the kernel read at its exec. Pure.
import type { FileLocation, Launch } from "../kernel/layout.ts";

/** Names in the kernel's order, from the file up to the root, as a path. Null when some are missing or not UTF-8. */
export function pathOf({ names, bytes, complete }: FileLocation): string | null {
  if (complete === 0n) return null;
  const raw = names.subarray(0, Math.max(0, bytes - 1));
  const text = raw.toString("utf8");
  if (!Buffer.from(text).equals(raw)) return null;
  return bytes === 0 ? "/" : `/${text.split("\0").reverse().join("/")}`;
}

/**
 * The same launch in no more memory than it has to say, for who keeps thousands: what is read out of a record is a part of larger blocks that
 * Node shares out, and each kept part keeps its whole block.
 */
export function compact(launch: Launch): Launch {
  const own = (from: Buffer, length: number) => {
    const part = from.subarray(0, Math.max(0, length));
    const kept = Buffer.allocUnsafeSlow(part.length);
    part.copy(kept);
    return kept;
  };
  const location = (of: FileLocation) => ({ ...of, names: own(of.names, of.bytes - 1) });
  const { program, directory, arguments: raw, argument_bytes } = launch;
  return {
    ...launch,
    program: location(program),
    directory: location(directory),
    arguments: own(raw, argument_bytes),
  };
}

export interface Arguments {
  /** Those that fit; the first is the name the program was called by. */
  readonly words: readonly string[];
  readonly complete: boolean;
}

export function argumentsOf({ arguments: raw, argument_bytes }: Launch): Arguments {
  const complete = argument_bytes > 0 && argument_bytes <= raw.length;
  const words = raw.subarray(0, Math.min(argument_bytes, raw.length)).toString("utf8").split("\0");
  // The last is empty behind its zero, or cut.
  return { words: words.slice(0, -1), complete };
}

/**
 * Where an argument leads, from the folder the process was started in; null when only the file system could tell (".." behind a name may
 * follow a link) or when it is a name for something that is open (/dev/fd, /proc).
 */
export function resolveArgument(argument: string, directory: string | null): string | null {
  const absolute = argument.startsWith("/");
  if (!absolute && directory === null) return null;
  const folder = absolute || directory === null ? [] : directory.split("/").filter(Boolean);
  const parts = argument.split("/").filter((part) => part !== "" && part !== ".");
  while (!absolute && parts[0] === "..") {
    parts.shift();
    folder.pop();
  }
  if (parts.length === 0 || parts.includes("..")) return null;
  const path = `/${[...folder, ...parts].join("/")}`;
  return /^\/(proc|dev)\//.test(path) ? null : path;
}
