// A restore that cannot be stored, on a real store with real rooms: it is refused, and nothing is otherwise than before.
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Backup } from "../../contract/backup.ts";
import { Backups } from "../../helper/backup.ts";
import { Blocklists } from "../../helper/blocklists/blocklists.ts";
import { Countries } from "../../helper/history/countries.ts";
import { History } from "../../helper/history/history.ts";
import { Modes } from "../../helper/modes.ts";
import { RulesFiles } from "../../helper/rules-file.ts";
import { Profiles } from "../../helper/store/profiles.ts";
import { Rules } from "../../helper/store/rules.ts";
import { Settings } from "../../helper/store/settings.ts";
import { clock, temporaryStore } from "./store/temporary.ts";

const { open, folder } = temporaryStore();

async function start() {
  const store = open();
  const settings = new Settings(store);
  const profiles = new Profiles(store);
  const history = new History({ store, settings, clock, countries: new Countries(), countTraffic: () => {} });
  const modes = new Modes({ store, settings, profiles, clock, initial: "ask", catchUp: () => {}, changed: () => {} });
  const fetch = () => Promise.reject(new Error("nothing is fetched here"));
  const blocklists = await Blocklists.open({ store, directory: join(folder(), "lists"), fetch });
  onTestFinished(async () => {
    modes.close();
    await blocklists.close();
  });
  const rules = new Rules(store, clock);
  const rulesFiles = new RulesFiles({ store, rules, policyChanged: () => {} });
  const told = () => rules.all().map(({ rule }) => rule);
  const parts = { store, settings, profiles, modes, blocklists, history, rulesFiles, version: "0", rules: told };
  const backups = new Backups({ ...parts, changed: () => {} });
  const client = { peer: { uid: 0 } };
  const restore = (wanted: Backup) => {
    backups.append(client, { first: true, text: JSON.stringify(wanted) });
    return backups.restore(client, {
      dryRun: false,
      asker: "0 0",
      may: () => true,
      attempt: (work) => work(),
    });
  };
  const events = () =>
    history.listEvents({ range: "1h", limit: 1000 }).events.filter(({ kind }) => kind === "recording");
  return {
    store,
    backups,
    restore,
    history,
    events,
    again: () => new History({ ...parts, clock, countries: new Countries(), countTraffic: () => {} }),
  };
}

const other = (backup: Backup): Backup => ({
  ...backup,
  mode: "block",
  history: { ...backup.history, recording: false, minutes: 48 },
  blocklists: [{ name: "new", url: "https://example.test/list", enabled: false }],
});

/** Without when it was made. */
const told = ({ made: _, ...rest }: Backup) => rest;

it("changes nothing where its last step cannot be stored", async () => {
  const { store, backups, restore, events } = await start();
  const before = backups.read();
  store.exec("CREATE TEMP TRIGGER no_room BEFORE INSERT ON blocklists BEGIN SELECT raise(ABORT, 'no room'); END");
  await expect(restore(other(before))).rejects.toThrow("no room");
  expect(told(backups.read())).toEqual(told(before));
  store.exec("DROP TRIGGER no_room");
  expect(events()).toEqual([]);
});

it("is what counts, and what is stored, once all of it is", async () => {
  const { backups, restore, history, events, again } = await start();
  const wanted = other(backups.read());
  await restore(wanted);
  expect(told(backups.read())).toEqual(told(wanted));
  expect(events()).toHaveLength(1);
  expect(again().settings).toMatchObject({ recording: false, minutes: 48, days: history.settings.days });
});
