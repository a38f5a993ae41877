// What the command line calls users.
import { execFileSync } from "node:child_process";

const known = new Map<number, string>();

/** The user's name as this system knows it (users may come from elsewhere than /etc/passwd), or the uid where it knows none. */
export function userText(uid: number): string {
  let name = known.get(uid);
  if (name === undefined) {
    name = nameOf(uid) ?? String(uid);
    known.set(uid, name);
  }
  return name;
}

function nameOf(uid: number): string | null {
  try {
    const words = ["passwd", String(uid)];
    const line = execFileSync("getent", words, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 5000,
    });
    return line.split(":")[0] || null;
  } catch {
    return null;
  }
}
