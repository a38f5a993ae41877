// What history is counted by, as numbers: apps, names, networks, and keys that put them together. A key is written once and used by every
// amount of the same app, host, country, protocol, network and user.
import type { HistoryApp, HistoryBy, HistoryFilter, HistoryNetwork, NetworkKind } from "../../contract/history.ts";
import { countryNumber, countryOf, type Place, protocols } from "../history/amounts.ts";
import { registrableDomain } from "../policy/host-name.ts";
import { prepared, type Store } from "./database.ts";
import { type Column, KeyColumns } from "./history-key-columns.ts";

/** New hosts that are kept apart of one app in a day, and new apps: a program that scans, or makes programs, must not fill the disk. */
const mostHosts = 2000;
const mostApps = 1000;
/** Keys whose numbers are remembered, to be found without asking the database. */
const remembered = 5000;

export interface StoredNetwork {
  /** What it is known by, for good. */
  readonly key: string;
  readonly name: string;
  readonly kind: NetworkKind;
  readonly metered: boolean;
}

interface AppRow {
  id: number;
  path: string;
  name: string;
  verified: number;
  icon: string | null;
  private: number;
}

function appIn({ path, name, verified, icon, private: hidden }: AppRow): HistoryApp {
  return { path, name, verified: verified === 1, icon, private: hidden === 1 };
}

/** Rows by what they are about. Numbers of names come one after the other, so that a column finds them quickest; uids may be any. */
class Places {
  private readonly far = new Map<number, number>();
  private near = new Int32Array(1024).fill(-1);

  get(value: number): number | undefined {
    if (value >= nearest) return this.far.get(value);
    const row = this.near[value] ?? -1;
    return row < 0 ? undefined : row;
  }

  set(value: number, row: number): void {
    if (value >= nearest) {
      this.far.set(value, row);
      return;
    }
    if (value >= this.near.length) {
      const grown = new Int32Array(value * 2).fill(-1);
      grown.set(this.near);
      this.near = grown;
    }
    this.near[value] = row;
  }
}
/** Beyond it a column would take more than it is worth: four megabytes. */
const nearest = 1 << 20;

/** See HistoryKeys.rows. */
export interface Rows {
  rowOf(key: number): number;
  rowOfValue(value: number): number | undefined;
  readonly values: readonly number[];
}

export class HistoryKeys {
  private readonly store: Store;
  private readonly columns: KeyColumns;
  private appById: ReturnType<Store["prepare"]> | undefined;
  private readonly known = new Map<string, { id: number; day: number }>();
  private readonly apps = new Map<string, AppRow>();
  private readonly networkIds = new Map<string, number>();
  /** Rows without a filter, as long as no key came: what is asked again and again. */
  private readonly whole = new Map<HistoryBy, { last: number; rows: Rows }>();
  private fresh = { day: 0, apps: 0, hosts: new Map<number, number>() };
  /** Called when an app gets its first number ever. */
  private readonly onNewApp: (path: string) => void;

  constructor(store: Store, onNewApp: (path: string) => void) {
    this.store = store;
    this.columns = new KeyColumns(store, () => this.whole.clear());
    this.onNewApp = onNewApp;
  }

  /** One transaction; where it fails, nothing of it is remembered. */
  attempt<T>(work: () => T): T {
    const { day, apps, hosts } = this.fresh;
    const before = { day, apps, hosts: new Map(hosts) };
    try {
      return this.store.transaction(work)();
    } catch (error) {
      this.fresh = before;
      this.forget();
      throw error;
    }
  }

  /**
   * The key of a place in a network, made where there is none; null where the app is private. `day`: today since 1970, UTC. `network`: its
   * number.
   */
  of(place: Place, network: number, day: number): number | null {
    const name = `${place.app.path}\0${place.host}\0${place.country}\0${place.protocol}\0${place.user}\0${network}`;
    const known = this.known.get(name);
    if (known?.day === day) return known.id;
    if (this.isPrivate(place.app.path)) return null;
    const app = this.appOf(place.app, day);
    const id = this.find(app, place, network, day);
    if (this.known.size >= remembered) this.known.clear();
    this.known.set(name, { id, day });
    return id;
  }

  private find(app: AppRow, place: Place, network: number, day: number): number {
    const told = app.path !== others.path && place.host !== "";
    let host = told ? this.nameOf(place.host) : 0;
    const country = told ? countryNumber(place.country) : 0;
    const protocol = protocols.indexOf(place.protocol);
    const select = this.store.prepare(
      `SELECT id, last FROM history_keys
         WHERE app = ? AND host = ? AND country = ? AND protocol = ? AND network = ? AND user = ?`,
    );
    type Found = { id: number; last: number } | undefined;
    let found = host === null ? undefined : (select.get(app.id, host, country, protocol, network, place.user) as Found);
    if (found === undefined && told && !this.mayBeNew(app.id, day)) {
      host = 0;
      found = select.get(app.id, 0, country, protocol, network, place.user) as Found;
    }
    if (found !== undefined) {
      if (found.last !== day) this.store.prepare("UPDATE history_keys SET last = ? WHERE id = ?").run(day, found.id);
      return found.id;
    }
    host ??= this.makeName(place.host);
    const domain = host === 0 ? 0 : this.domainOf(place.host, host);
    return Number(
      this.store
        .prepare(
          `INSERT INTO history_keys (app, host, domain, country, protocol, network, user, last)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(app.id, host, domain, country, protocol, network, place.user, day).lastInsertRowid,
    );
  }

  private today(day: number) {
    if (this.fresh.day !== day) this.fresh = { day, apps: 0, hosts: new Map() };
    return this.fresh;
  }

  private mayBeNew(app: number, day: number): boolean {
    const { hosts } = this.today(day);
    const count = hosts.get(app) ?? 0;
    if (count >= mostHosts) return false;
    hosts.set(app, count + 1);
    return true;
  }

  private nameOf(name: string): number | null {
    return (
      (this.store.prepare("SELECT id FROM history_names WHERE name = ?").pluck().get(name) as number | undefined) ??
      null
    );
  }

  private makeName(name: string): number {
    return (
      this.nameOf(name) ??
      Number(this.store.prepare("INSERT INTO history_names (name) VALUES (?)").run(name).lastInsertRowid)
    );
  }

  private domainOf(name: string, host: number): number {
    const address = name.includes(":") || /^[\d.]+$/.test(name);
    const domain = address ? name : registrableDomain(name);
    return domain === name ? host : this.makeName(domain);
  }

  private appOf(app: Place["app"], day: number): AppRow {
    const known = this.apps.get(app.path) ?? this.readApp(app.path);
    if (known === undefined) {
      const today = this.today(day);
      if (today.apps >= mostApps && app.path !== others.path) return this.appOf(others, day);
      today.apps++;
      this.store
        .prepare("INSERT INTO history_apps (path, name, verified, icon) VALUES (?, ?, ?, ?)")
        .run(app.path, app.name, Number(app.verified), app.icon);
      if (app.path !== others.path) this.onNewApp(app.path);
      return this.readApp(app.path) as AppRow;
    }
    if (known.name === app.name && known.verified === Number(app.verified) && known.icon === app.icon) return known;
    this.store
      .prepare("UPDATE history_apps SET name = ?, verified = ?, icon = ? WHERE id = ?")
      .run(app.name, Number(app.verified), app.icon, known.id);
    return this.readApp(app.path) as AppRow;
  }

  private readApp(path: string): AppRow | undefined {
    const row = this.store.prepare("SELECT * FROM history_apps WHERE path = ?").get(path) as AppRow | undefined;
    if (this.apps.size >= remembered) this.apps.clear();
    if (row !== undefined) this.apps.set(path, row);
    return row;
  }

  /** The number of a network; its name and kind are kept up to date. */
  network({ key, name, kind, metered }: StoredNetwork): number {
    const text = JSON.stringify([key, name, kind, metered]);
    const known = this.networkIds.get(text);
    if (known !== undefined) return known;
    const id = this.store
      .prepare(
        `INSERT INTO history_networks (key, name, kind, metered) VALUES (?, ?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET name = excluded.name, kind = excluded.kind, metered = excluded.metered RETURNING id`,
      )
      .pluck()
      .get(key, name, kind, Number(metered)) as number;
    this.networkIds.clear();
    this.networkIds.set(text, id);
    return id;
  }

  /** All of them, or those that a user's processes used. */
  networks(user: number | null = null): HistoryNetwork[] {
    const statement = this.store.prepare(
      `SELECT id, name, kind, metered FROM history_networks
       WHERE @user IS NULL OR id IN (SELECT network FROM history_keys WHERE user = @user) ORDER BY id`,
    );
    const rows = statement.all({ user }) as {
      id: number;
      name: string;
      kind: NetworkKind;
      metered: number;
    }[];
    return rows.map(({ id, name, kind, metered }) => ({ id: String(id), name, kind, metered: metered === 1 }));
  }

  app(id: number): HistoryApp | undefined {
    this.appById ??= this.store.prepare("SELECT * FROM history_apps WHERE id = ?");
    const row = this.appById.get(id) as AppRow | undefined;
    if (row === undefined) return undefined;
    return appIn(row);
  }

  /** Those of them that are known, as they were known last. */
  appsAt(paths: readonly string[]): HistoryApp[] {
    return paths.flatMap((path) => {
      const row = path === others.path ? undefined : (this.apps.get(path) ?? this.readApp(path));
      return row === undefined ? [] : [appIn(row)];
    });
  }

  appNumber(path: string): number | undefined {
    return this.store.prepare("SELECT id FROM history_apps WHERE path = ?").pluck().get(path) as number | undefined;
  }

  hasUsed(app: string, user: number): boolean {
    const found = this.store.prepare("SELECT 1 FROM history_keys WHERE app = ? AND user = ? LIMIT 1");
    const number = this.appNumber(app);
    return number !== undefined && found.get(number, user) !== undefined;
  }

  users(): number[] {
    return this.store.prepare("SELECT DISTINCT user FROM history_keys").pluck().all() as number[];
  }

  privateApps(): string[] {
    return this.store
      .prepare("SELECT path FROM history_apps WHERE private = 1 ORDER BY path")
      .pluck()
      .all() as string[];
  }

  /** Also of an app that history has not met. */
  setPrivate(path: string, on: boolean): void {
    this.store
      .prepare(
        `INSERT INTO history_apps (path, name, verified, private) VALUES (?, ?, 0, ?)
         ON CONFLICT (path) DO UPDATE SET private = excluded.private`,
      )
      .run(path, path, Number(on));
    this.tidy(0);
  }

  isPrivate(path: string): boolean {
    return (this.apps.get(path) ?? this.readApp(path))?.private === 1;
  }

  /** Keys of the app, or of all, as they are now. */
  numbersOf(app: number | null): Set<number> {
    const found =
      app === null
        ? this.store.prepare("SELECT id FROM history_keys").pluck().all()
        : this.store.prepare("SELECT id FROM history_keys WHERE app = ?").pluck().all(app);
    return new Set(found as number[]);
  }

  /** Forgets the app's keys, or all, and what only they named. */
  remove(app: number | null): void {
    this.store.prepare("DELETE FROM history_keys WHERE @app IS NULL OR app = @app").run({ app });
    this.tidy(0);
  }

  /** Forgets keys that were used last before `day`, and what only they named. Private apps stay known as such. */
  tidy(day: number): void {
    this.store.prepare("DELETE FROM history_keys WHERE last < ?").run(day);
    this.store.exec(`
      DELETE FROM history_names WHERE id NOT IN (SELECT host FROM history_keys UNION SELECT domain FROM history_keys);
      DELETE FROM history_apps WHERE private = 0 AND id NOT IN (SELECT app FROM history_keys);
      DELETE FROM history_networks WHERE id NOT IN (SELECT network FROM history_keys);
    `);
    this.forget();
  }

  /** What is remembered may not be true any more. */
  forget(): void {
    this.columns.forget();
    this.known.clear();
    this.apps.clear();
    this.networkIds.clear();
  }

  /**
   * Row numbers of keys, by what is asked for: keys that do not fit the filter have none. `values`: what each row is about, as a number of
   * its column.
   */
  rows(by: HistoryBy, filter: HistoryFilter): Rows {
    const wanted = this.conditions(filter);
    const values: number[] = [];
    if (wanted === null) return { rowOf: () => -1, rowOfValue: () => undefined, values };
    const { ids, column } = this.columns.upToDate();
    const last = ids.at(-1) ?? 0;
    const known = wanted.length === 0 ? this.whole.get(by) : undefined;
    if (known?.last === last) return known.rows;
    const least = ids[0] ?? 0;
    const own = column(by);
    const places = new Places();
    const rows = new Int32Array(ids.length === 0 ? 0 : last - least + 1).fill(-1);
    const tests = wanted.map(({ column: name, value }) => ({ numbers: column(name), value }));
    for (let at = 0; at < ids.length; at++) {
      let fits = true;
      for (const { numbers, value } of tests) fits &&= numbers[at] === value;
      if (!fits) continue;
      const value = own[at] as number;
      let row = places.get(value);
      if (row === undefined) {
        row = values.push(value) - 1;
        places.set(value, row);
      }
      rows[(ids[at] as number) - least] = row;
    }
    const found = {
      rowOf: (key: number) => rows[key - least] ?? -1,
      rowOfValue: (value: number) => places.get(value),
      values,
    };
    if (wanted.length === 0) this.whole.set(by, { last, rows: found });
    return found;
  }

  /** What keys have of that, where a filter names it; null: nothing can fit. */
  number(by: HistoryBy, filter: HistoryFilter): number | null {
    return this.conditions(filter)?.find(({ column }) => column === by)?.value ?? null;
  }

  /** Null: nothing can fit. */
  private conditions(filter: HistoryFilter): { column: Column; value: number }[] | null {
    const conditions: { column: Column; value: number | null | undefined }[] = [];
    const want = (column: Column, value: number | null | undefined) => conditions.push({ column, value });
    if (filter.app !== undefined) want("app", this.appNumber(filter.app));
    for (const column of ["host", "domain"] as const) {
      const name = filter[column];
      if (name !== undefined) want(column, name === null ? 0 : this.nameOf(name));
    }
    if (filter.country !== undefined) want("country", countryNumber(filter.country));
    if (filter.protocol !== undefined) want("protocol", protocols.indexOf(filter.protocol));
    if (filter.network !== undefined) want("network", Number(filter.network));
    if (filter.user !== undefined) want("user", filter.user);
    const known = conditions.flatMap(({ column, value }) =>
      value === null || value === undefined || Number.isNaN(value) ? [] : [{ column, value }],
    );
    return known.length === conditions.length ? known : null;
  }

  /** What keys have of that, undefined where there is no such key. */
  valuesBy(by: HistoryBy): (key: number) => number | undefined {
    const { rowOf, values } = this.rows(by, {});
    return (key) => values[rowOf(key)];
  }

  /** What values of a column are called; null: nothing. */
  texts(by: HistoryBy, values: readonly number[]): (value: number) => string | null {
    switch (by) {
      case "app":
        return (value) => this.app(value)?.path ?? null;
      case "domain":
      case "host":
        return this.names(values);
      case "country":
        return countryOf;
      case "protocol":
        return (value) => protocols[value] ?? null;
      case "network":
      case "user":
        return String;
    }
  }

  /** All at once: each for itself would take longer than what they are found by. */
  private names(values: readonly number[]): (value: number) => string | null {
    const rows = prepared(this.store, "SELECT id, name FROM history_names WHERE id IN (SELECT value FROM json_each(?))")
      .raw()
      .all(JSON.stringify(values)) as [number, string][];
    const names = new Map(rows);
    return (value) => names.get(value) ?? null;
  }
}

/** What new apps are counted as when there were too many. */
const others: Place["app"] = { path: "[others]", name: "[others]", verified: false, icon: null };
