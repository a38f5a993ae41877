// Whether what an app runs is what its rules were made for. No package answers for these apps: only what is in their files does.
import { createHash } from "node:crypto";
import type { App, Changed, Package } from "../../contract/words.ts";
import { log } from "../log.ts";
import type { ContentRow, ContentRows } from "../store/contents.ts";
import { isSteady, lasting } from "./content.ts";
import { digest, type Readable } from "./digest.ts";

/** Contents that an app may have by turns: versions side by side, or a way back to an older one. The oldest goes. */
const knownPerApp = 16;
/** Contents whose digest is remembered besides, and how to read them. */
const contentsKept = 8192;
/** Files that wait to be read while nobody waits for them. Those beyond are not read. */
const mostReading = 512;
/** Apps whose content is remembered. Those that have rules are beyond it. */
const appsKept = 4096;
/** A process's app, and the files that make it. */
export interface Sighting {
  readonly app: App & { readonly content: string };
  /** Where its files are. */
  readonly file: string;
  readonly files: readonly Readable[];
  /** Whether only root could have put it there: at a place where the app never was, it is an update. */
  readonly byRoot: boolean;
  /** The package that answers for it. */
  owner(): Promise<Package | null>;
}

export interface ContentsParts {
  readonly rows: ContentRows;
  /** Whether any rule allows the app something. */
  hasAllowRule(app: string): boolean;
  /** Reads files. */
  readonly digest?: (file: Readable, urgent: boolean) => Promise<string | null>;
}

export class Contents {
  private readonly parts: ContentsParts;
  private readonly byApp = new Map<string, ContentRow[]>();
  /** By content; null: could not be read. */
  private readonly digests = new Map<string, string | null>();
  private readonly reading = new Map<string, Promise<string | null>>();
  /** By content. */
  private readonly sightings = new Map<string, Sighting>();
  /** Apps that a person trusted with new content since the last follow(). */
  private readonly trusted = new Set<string>();

  constructor(parts: ContentsParts) {
    this.parts = parts;
    for (const row of parts.rows.all()) {
      const own = this.byApp.get(row.app);
      if (own) own.push(row);
      else this.byApp.set(row.app, [row]);
      if (row.sha256 !== null) this.digests.set(row.content, row.sha256);
    }
  }

  private knownOf(app: string): (ContentRow & { known: number })[] {
    return (this.byApp.get(app) ?? []).filter((row): row is ContentRow & { known: number } => row.known !== null);
  }

  /**
   * Resolves as soon as isChanged() can tell. Files are read before only where the app has rules for another content; where root alone
   * could have put it there only after a package has not answered for it, and not before there are rules.
   */
  async meet(sighting: Sighting): Promise<void> {
    const { app, file, byRoot } = sighting;
    const steady = isSteady(app.content);
    const before = this.knownOf(app.path);
    if (steady && before.some(({ content }) => content === app.content)) return;
    this.remember(sighting);
    // It may be another file by now.
    if (!steady) this.digests.delete(app.content);
    const isUpdate =
      byRoot && before.length > 0 && (before.every((row) => row.file !== file) || (await sighting.owner()) !== null);
    const isAwaited = before.length > 0 ? !isUpdate : !steady && this.parts.hasAllowRule(app.path);
    if (isAwaited) await this.read(sighting, true);
    const sha256 = this.digests.get(app.content) ?? null;
    const known = this.knownOf(app.path);
    const same = sha256 === null ? undefined : known.find((row) => row.sha256 === sha256);
    // A copy, or touched: found by its numbers from now on.
    if (same && steady) this.put({ ...same, content: app.content, file });
    else if (same) return;
    else if (known.length > 0 ? isUpdate : this.parts.hasAllowRule(app.path)) this.know(app, file, Date.now());
    else {
      this.put({ app: app.path, content: lasting(app.content, sha256), file, sha256, known: null });
      if (!byRoot) void this.fill(app);
    }
  }

  private remember(sighting: Sighting): void {
    this.sightings.delete(sighting.app.content);
    this.sightings.set(sighting.app.content, sighting);
    forgetOldest(this.sightings);
  }

  /** Finds the digest of what an app was met with, while nobody waits for it. What a package answers for needs none. */
  private async fill({ path, content }: Pick<Sighting["app"], "path" | "content">): Promise<void> {
    const sighting = this.sightings.get(content);
    if (this.reading.size >= mostReading) return;
    if (sighting === undefined || (sighting.byRoot && (await sighting.owner()) !== null)) return;
    const sha256 = await this.read(sighting, false);
    const row = this.byApp.get(path)?.find((each) => each.content === content);
    if (sha256 !== null && row?.sha256 === null) this.put({ ...row, sha256 });
  }

  private know(app: Pick<Sighting["app"], "path" | "content">, file: string, now: number): void {
    const sha256 = this.digests.get(app.content) ?? null;
    this.put({ app: app.path, content: lasting(app.content, sha256), file, sha256, known: now });
    if (sha256 === null) void this.fill(app);
  }

  /** Of what was only seen, the newest is kept; of what is known, so many. */
  private put(row: ContentRow): void {
    const others = (this.byApp.get(row.app) ?? []).filter(
      ({ content, known }) => content !== row.content && (known !== null || row.known !== null),
    );
    const rows = [...others, row];
    const known = rows.filter((each) => each.known !== null).slice(-knownPerApp);
    this.replace(row.app, [...rows.filter((each) => each.known === null), ...known]);
    if (this.byApp.size > appsKept) this.forgetOne();
  }

  /** The app without rules that has been there the longest. */
  private forgetOne(): void {
    for (const [app, rows] of this.byApp) {
      if (rows.some(({ known }) => known !== null)) continue;
      this.replace(app, []);
      this.byApp.delete(app);
      return;
    }
  }

  private replace(app: string, rows: ContentRow[]): void {
    this.byApp.set(app, rows);
    try {
      this.parts.rows.replace(app, rows);
    } catch (error) {
      log("error", "what is in an app's files could not be saved", { app, error: String(error) });
    }
  }

  private read({ app, files }: Sighting, urgent: boolean): Promise<string | null> {
    const before = isSteady(app.content) ? this.digests.get(app.content) : undefined;
    if (before) return Promise.resolve(before);
    const under = this.reading.get(app.content);
    if (under) return under;
    const read = this.parts.digest ?? digest;
    const reading = Promise.all(files.map((file) => read(file, urgent)))
      .then((each) => (each.includes(null) ? null : each.length === 1 ? (each[0] ?? null) : joined(each)))
      .catch(() => null)
      .then((sha256) => {
        this.digests.delete(app.content);
        this.digests.set(app.content, sha256);
        forgetOldest(this.digests);
        return sha256;
      })
      .finally(() => this.reading.delete(app.content));
    this.reading.set(app.content, reading);
    return reading;
  }

  /** Whether the app has rules that allow, and none of them was made for what it runs. */
  isChanged({ path, content }: Pick<App, "path" | "content">): boolean {
    if (content === undefined) return false;
    const known = this.knownOf(path);
    if (known.length === 0 || (isSteady(content) && known.some((row) => row.content === content))) return false;
    const sha256 = this.digests.get(content) ?? null;
    return sha256 === null || known.every((row) => row.sha256 !== sha256);
  }

  /**
   * Where the app's file was when it was met with this content; null where nothing is remembered of that, or where the app is changed
   * with it.
   */
  fileOf(path: string, content: string): string | null {
    const row = this.byApp.get(path)?.find((each) => each.content === content);
    return row === undefined || this.isChanged({ path, content }) ? null : row.file;
  }

  /** What to tell of a changed app; null for one that is not. */
  changeOf(app: App): Changed | null {
    if (!this.isChanged(app)) return null;
    const known = this.knownOf(app.path);
    const file = app.file ?? app.path;
    const kind = known.some((row) => row.file === file) ? "content" : "version";
    return { kind, since: new Date(Math.max(...known.map((row) => row.known))).toISOString() };
  }

  /** Whether the app's newest content that was met is another than its rules were made for. */
  wasChanged(path: string): boolean {
    const seen = this.byApp.get(path)?.find(({ known }) => known === null);
    return seen !== undefined && this.isChanged({ path, content: seen.content });
  }

  /** A person allows the app as it is: what these processes run is known from now on. It may be part of a transaction of the caller's. */
  trust(apps: readonly App[], now: number): void {
    for (const app of apps) {
      const { content } = app;
      if (content === undefined || (!this.isChanged(app) && this.knownOf(app.path).length > 0)) continue;
      this.know({ path: app.path, content }, app.file ?? app.path, now);
      this.trusted.add(app.path);
    }
  }

  /**
   * After a change of the rules: the first that allows an app is for what it was met with last, and nothing is known any more of an app
   * without any. Returns the apps about which that says something else than before.
   */
  follow(now: number): string[] {
    const touched = new Set(this.trusted);
    this.trusted.clear();
    for (const [app, rows] of this.byApp) {
      const isKnown = rows.some(({ known }) => known !== null);
      if (isKnown === this.parts.hasAllowRule(app)) continue;
      const newest = rows.find(({ known }) => known === null) ?? rows.at(-1);
      if (newest) this.replace(app, [{ ...newest, known: isKnown ? null : now }]);
      if (newest?.sha256 === null && !isKnown) void this.fill({ path: app, content: newest.content });
      touched.add(app);
    }
    return [...touched];
  }
}

function forgetOldest(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    if (map.size <= contentsKept) return;
    map.delete(key);
  }
}

function joined(digests: readonly (string | null)[]): string {
  return createHash("sha256").update(digests.join("\n")).digest("hex");
}
