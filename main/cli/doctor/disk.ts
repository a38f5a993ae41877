// Where the rules are kept: is there room, is the database sound, are there copies? Pure.
import type { Facts } from "./facts.ts";
import { type Finding, good, note, unknown, wrong } from "./finding.ts";

/** Bytes below which it is time to say something, and below which things begin to fail. */
const little = 200 * 1024 * 1024;
const least = 16 * 1024 * 1024;

export function diskFindings({ disk, helper }: Facts): Finding[] {
  return [spaceFinding(disk), databaseFinding(disk, helper), ...copyFindings(disk)];
}

function spaceFinding({ free, state }: Facts["disk"]): Finding {
  const check = "disk space";
  if (free === null) return unknown(check, `${state} cannot be seen`);
  const found = `${Math.floor(free / 1024 / 1024)} MiB free for ${state}`;
  const fix = "Free some space: answers that cannot be stored are refused.";
  if (free < least) return wrong(check, found, fix);
  return free < little ? note(check, found, fix) : good(check, found);
}

function databaseFinding({ files, header }: Facts["disk"], { status }: Facts["helper"]): Finding {
  const check = "database";
  const isBad = status?.degraded.some(({ code }) => code === "rulesLost" || code === "databaseReplaced");
  if (isBad) return note(check, "was damaged or gone (see limits)");
  if (status !== null) return good(check, "in use by the helper");
  if (files === null) return unknown(check, "only root can see it", "Run picket doctor as root (sudo).");
  const next = "goes on with its newest copy that is whole";
  if (!files.includes("picket.sqlite"))
    return files.includes("copies")
      ? wrong(check, "is gone", `Start the helper: it ${next}.`)
      : note(check, "there is none yet: the helper has never run");
  if (header !== true || files.includes("suspect"))
    return wrong(check, "is damaged", `Start the helper: it sets the damaged file aside and ${next}.`);
  return good(check, "there");
}

function copyFindings({ files, copies }: Facts["disk"]): Finding[] {
  if (files === null) return [];
  const aside = files.filter((name) => /\.damaged-\w+$/.test(name));
  const whole = (copies ?? []).filter((name) => name.endsWith(".sqlite"));
  return [
    whole.length === 0
      ? note("copies of the rules", "none yet")
      : good("copies of the rules", `${whole.length}, the newest of ${/\d{8}(?=T)/.exec(whole.at(-1) ?? "")?.[0]}`),
    ...(aside.length === 0
      ? []
      : [
          note(
            "damaged files",
            aside.join(" "),
            "Nothing uses them any more. Remove them when nobody wants to look into them.",
          ),
        ]),
  ];
}
