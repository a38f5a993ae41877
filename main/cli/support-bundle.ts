// `picket support-bundle`: what somebody who helps needs to see, in one file, without names unless the person says so. Nothing is sent.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname, release, userInfo } from "node:os";
import { defaultSocket, HelperClient } from "../client/client.ts";
import { attempt } from "./doctor/facts.ts";
import { examine, ownVersion } from "./doctor.ts";
import { bundleOf, type Material } from "./support/bundle.ts";
import { Placeholders } from "./support/placeholders.ts";
import { printableJson } from "./table.ts";
import { parseWords, takeNoMore, UsageError } from "./usage.ts";
import { writeWhole } from "./write-whole.ts";

const journalLines = 500;

export async function supportBundle(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { "with-names": { type: "boolean" } });
  const [path, ...rest] = positionals;
  if (path === undefined) throw new UsageError("support-bundle needs a FILE (- for the terminal)");
  takeNoMore(rest);
  const withNames = values["with-names"] ?? false;
  const bundle = bundleOf(await gather(), withNames ? null : new Placeholders());
  const text = `${printableJson(bundle, 2)}\n`;
  if (path === "-") process.stdout.write(text);
  else writeWhole(path, text);
  const what = withNames
    ? "It names your apps, hosts and addresses"
    : "Names of apps, hosts, addresses and people are replaced";
  process.stderr.write(`${what}. Look through it before you give it to anybody.\n`);
  return 0;
}

async function gather(): Promise<Material> {
  const told = await askHelper().catch(() => null);
  return {
    made: new Date().toISOString(),
    versions: {
      picket: ownVersion(),
      node: process.version,
      kernel: release(),
      system: systemName(),
      architecture: process.arch,
    },
    findings: await examine(),
    told,
    journal: journal(),
    people: people(),
  };
}

async function askHelper(): Promise<Material["told"]> {
  const helper = await HelperClient.connect(defaultSocket, "picket support-bundle");
  try {
    const [status, rules, prompts, flows, blocklists, { profiles }] = await Promise.all([
      helper.call("status", {}),
      helper.call("rules.list", {}),
      helper.call("prompts.list", {}),
      helper.call("flows.list", {}),
      helper.call("blocklists.list", {}),
      helper.call("profiles.list", {}),
    ]);
    return { status, rules, prompts, flows, blocklists, profiles };
  } finally {
    helper.close();
  }
}

/** "debian 12": nothing that somebody could have called this computer. */
function systemName(): string {
  const text = attempt(() => readFileSync("/etc/os-release", "utf8")) ?? "";
  return ["ID", "VERSION_ID"]
    .flatMap((name) => new RegExp(`^${name}="?([\\w.-]+)"?$`, "m").exec(text)?.[1] ?? [])
    .join(" ");
}

function journal(): Material["journal"] {
  const words = [
    "-u",
    "picket-helper",
    "-o",
    "json",
    "--output-fields=MESSAGE,SYSLOG_IDENTIFIER",
    "-n",
    String(journalLines),
    "--no-pager",
    "-q",
  ];
  const { stdout, error, status } = spawnSync("/usr/bin/journalctl", words, {
    encoding: "utf8",
    timeout: 10_000,
    maxBuffer: 16 << 20,
    env: { LC_ALL: "C.UTF-8" },
  });
  if (error || status !== 0) return "it could not be read";
  const lines = messagesIn(stdout);
  return lines.length > 0 ? lines : "nothing that this user may read (sudo, or the group adm)";
}

/** What the helper and systemd said. Entries of flows and decisions (docs/journal.md) are about names and nothing else: they stay out. Pure. */
export function messagesIn(json: string): string[] {
  return json.split("\n").flatMap((line) => {
    const entry = attempt(() => JSON.parse(line) as { MESSAGE?: unknown; SYSLOG_IDENTIFIER?: unknown });
    if (entry === null || entry.SYSLOG_IDENTIFIER === "picket" || typeof entry.MESSAGE !== "string") return [];
    return [entry.MESSAGE];
  });
}

/** People who can log in, what they are called, and this computer. */
function people(): string[] {
  const rows = (attempt(() => readFileSync("/etc/passwd", "utf8")) ?? "").split("\n").map((line) => line.split(":"));
  const persons = rows.filter(([, , uid]) => Number(uid) >= 1000 && Number(uid) < 65_534);
  const own = attempt(() => userInfo().username) ?? "";
  const named = persons.flatMap(([login = "", , , , gecos = ""]) => [login, ...gecos.split(",")]);
  return [...new Set([...named, own === "root" ? "" : own, hostname(), hostname().split(".")[0] ?? ""])].filter(
    (name) => name.trim().length > 1,
  );
}
