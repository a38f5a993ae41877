// The first half of set-up: Debian packages, the Electron runtime and the `picket` link. The npm packages are there already
// (bootstrap.mjs). Does nothing that is done. usage: npm run setup [-- --yes]
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { describePackages, installedPackages, missingPackages, type Purpose, packagesFor } from "./debian-packages.ts";
import { describeRuntime, electronRuntime, setUpElectron } from "./electron.ts";
import { root } from "./paths.ts";
import { giveBack, rootPrefix, runTask, Stop, whyNoRoot } from "./privilege.ts";

const day = 86_400_000;

export type SetUpOptions = { purpose: Purpose; yes: boolean; download: boolean };

export async function setUp({ purpose, yes, download }: SetUpOptions): Promise<void> {
  await installDebianPackages(purpose, yes);
  const before = electronRuntime();
  const runtime = await setUpElectron({ download });
  // Said on every start for the runtime that is past its end of life, once for the other.
  if (runtime.source === "registry" || before?.version !== runtime.version) console.log(describeRuntime(runtime));
  linkCommand();
  giveBack();
}

async function installDebianPackages(purpose: Purpose, yes: boolean): Promise<void> {
  const wanted = packagesFor(purpose);
  const installed = installedPackages();
  if (!installed) {
    console.log("This is not Debian: what Picket needs is not checked. Debian's names for it:");
    console.log(`  ${wanted.map(({ name }) => name).join(" ")}`);
    return;
  }
  const missing = missingPackages(wanted, installed);
  if (missing.length === 0) return;

  const names = missing.map(({ name }) => name);
  const command = ["apt-get", "install", "-y", "--no-install-recommends", ...names];
  console.log(`Debian packages that are missing, and what for:\n${describePackages(missing)}`);
  const prefix = rootPrefix();
  if (!prefix) throw new Stop(`Installing them needs root: ${whyNoRoot()}. As root:\n  ${command.join(" ")}`);
  if (!yes) {
    if (!process.stdin.isTTY) {
      throw new Stop(
        `Nobody is there to ask. Pass --yes (npm start -- --yes), set CI=true, or run:\n  ${command.join(" ")}`,
      );
    }
    const asked = createInterface({ input: process.stdin, output: process.stdout });
    const answer = await asked.question(`Install ${names.length === 1 ? "it" : "them"} now? [Y/n] `);
    asked.close();
    if (!/^(y(es)?)?$/i.test(answer.trim())) throw new Stop(`Nothing was installed. By hand:\n  ${command.join(" ")}`);
  }

  const apt = (...words: string[]) => {
    const all = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300", "-q", ...words];
    const [program = "", ...rest] = [...prefix, ...all];
    return spawnSync(program, rest, { stdio: ["inherit", "inherit", "inherit"] }).status === 0;
  };
  let fresh = listsAreFresh();
  if (!fresh) fresh = apt("update");
  const install = () => apt(...command.slice(1));
  // Lists that look fresh may still name versions that the mirror has replaced.
  if (!install() && !(apt("update") && install())) throw new Stop(`apt-get failed. By hand:\n  ${command.join(" ")}`);
}

function listsAreFresh(): boolean {
  const folder = "/var/lib/apt/lists";
  try {
    const lists = readdirSync(folder).filter((name) => /_(In)?Release$|_Packages/.test(name));
    return lists.some((name) => Date.now() - statSync(join(folder, name)).mtimeMs < day);
  } catch {
    return false;
  }
}

/** npm links the commands of dependencies, not the project's own. */
function linkCommand(): void {
  const link = join(root, "node_modules/.bin/picket");
  const target = "../../main/cli/picket";
  try {
    if (readlinkSync(link) === target) return;
  } catch {
    // Not there yet.
  }
  rmSync(link, { force: true });
  symlinkSync(target, link);
  if (!existsSync(link)) throw new Stop("main/cli/picket is missing from this clone.");
}

if (import.meta.main) {
  const yes = process.argv.includes("--yes") || process.env.CI === "true";
  await runTask(async () => {
    await setUp({ purpose: "test", yes, download: process.env.CI !== "true" });
    return 0;
  });
}
