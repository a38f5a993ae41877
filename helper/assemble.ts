// Builds a helper out of its rooms, in the order in which they must stand, and takes it down in reverse.
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Rule } from "../contract/words.ts";
import { cautious } from "./after-damage.ts";
import type { Step } from "./answers.ts";
import { Backups } from "./backup.ts";
import type { Blocklists } from "./blocklists/blocklists.ts";
import { PolicyLists } from "./blocklists/policy-lists.ts";
import { makeBlocklistService } from "./blocklists/service.ts";
import { type Degraded, degradations, idleLists, lockProblem, windowProblem } from "./degraded.ts";
import { Engine } from "./engine.ts";
import { makeBlindSpots } from "./guard/blind-spots.ts";
import { Guards } from "./guard/guards.ts";
import type { Guard } from "./guard/named.ts";
import type { Runs } from "./guard/runs.ts";
import { Countries } from "./history/countries.ts";
import { History } from "./history/history.ts";
import { historyService } from "./history/service.ts";
import { Apps } from "./identity/apps.ts";
import { systemDirectories } from "./identity/desktop-entries.ts";
import { readJournalConf } from "./journal/conf.ts";
import { Journal } from "./journal/journal.ts";
import { CgroupPaths } from "./kernel/cgroup-paths.ts";
import { layouts } from "./kernel/layout.ts";
import { boottime, ticksPerSecond } from "./kernel/libc.ts";
import { releaseBpfFileSystem } from "./kernel/pins.ts";
import type { Programs, StartStep } from "./kernel/programs.ts";
import { countCpus, readCounters } from "./kernel/records.ts";
import { Learning } from "./learning.ts";
import { log, logged } from "./log.ts";
import { Modes } from "./modes.ts";
import { Monitor } from "./monitor/monitor.ts";
import { monitorSocket } from "./names/resolved-monitor.ts";
import { NetworkWatch } from "./network-manager.ts";
import type { Options } from "./options.ts";
import { sessionOf } from "./own-session.ts";
import { AdminLock } from "./people/locks.ts";
import { LockedScreens } from "./people/logins.ts";
import { isPerson, personOf } from "./people/person.ts";
import { Tailor } from "./people/tailor.ts";
import { UnattendedFlows } from "./people/unattended.ts";
import { sees, viewerOf } from "./people/viewer.ts";
import { worldOf } from "./people/world.ts";
import { localPrefixes, loopbackPrefixes } from "./policy/rule.ts";
import { Probation } from "./probation.ts";
import { readResolvers, watchResolvers } from "./resolvers.ts";
import { Rounds } from "./rounds.ts";
import { writeRunFile } from "./run-file.ts";
import { safely } from "./safely.ts";
import { actWords } from "./server/act-words.ts";
import { Consents } from "./server/consents.ts";
import { polkitAllows } from "./server/polkit.ts";
import { ControlServer } from "./server/server.ts";
import { Updates } from "./server/updates.ts";
import { makeService, type ServiceParts, statusOf } from "./service.ts";
import { StatusNews } from "./status-news.ts";
import { Copies } from "./store/copies.ts";
import type { Store } from "./store/database.ts";
import { cautionOwed, copiesFolder, damageToTell, databaseIn, settleCaution } from "./store/open-state.ts";
import { Profiles } from "./store/profiles.ts";
import { RuleChanges } from "./store/rule-changes.ts";
import { Settings } from "./store/settings.ts";
import type { Space } from "./store/space.ts";

/** Longest silence between two SYNs of a held TCP flow at first; the kernel doubles it after some. Seconds. */
const holdPace = 0.1;
const statusPace = 1000;
const restPace = 5000;
/** When the start is over, and what waited for it, milliseconds. */
const calm = 2000;

function version(): string {
  const text = readFileSync(join(import.meta.dirname, "../package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

export interface Hooks {
  /** Called between the steps of a start and of an answer. */
  checkpoint(step: StartStep | Step): void;
  /** A client asked the helper to end. */
  stop(): void;
  /** The database is damaged: what is stored cannot be gone by. The next start looks after it; the kernel goes on meanwhile. */
  abandon(): void;
}

export interface Helper {
  /** Ends the helper. Pins stay unless `removePins`: then nothing is enforced any more. */
  close(removePins: boolean): Promise<void>;
}

export interface Rooms {
  readonly options: Options;
  readonly hooks: Hooks;
  /** The cgroup2 mount. */
  readonly root: string;
  readonly instance: string;
  readonly store: Store;
  readonly space: Space;
  /** Hears of what the database could not do. */
  storeFailed(error: unknown): void;
  /** Whether this helper mounted the BPF file system. */
  readonly mountedHere: boolean;
  readonly runs: Runs;
  /** Cgroups to guard. */
  readonly wanted: readonly Guard[];
  /** What is wrong with those that could not be found. */
  readonly unfound: readonly string[];
  readonly programs: Programs;
  readonly blocklists: Blocklists;
}

export async function assemble(rooms: Rooms): Promise<Helper> {
  const { options, hooks, root, instance, store, mountedHere, runs, wanted, programs, blocklists, space } = rooms;
  const cgroups = new CgroupPaths(root);
  const guards = new Guards(root, cgroups, programs, wanted, (sockets) => engine.adopt(sockets));
  const updates = new Updates((topic, data, whose) =>
    server.event(topic, (client) => tailor.changes(client, topic, data, whose)),
  );
  const apart = options.people === "everyone";
  const people = {
    served: options.people,
    owner: options.owner,
    viewerOf: (uid: number) => viewerOf(uid, options.people, options.owner),
    world: worldOf(() => ({ engine, probation, history })),
  };
  const lock = new AdminLock(options.lock);
  const tailor = new Tailor(people.viewerOf, people.world);
  const tellRules = (rules: Rule[]) =>
    server.event("rules", (client) => {
      const changed = tailor.whole(client, "rules", rules);
      return changed === null ? null : { full: true, changed, removed: [] };
    });
  const cpus = countCpus(readFileSync("/sys/devices/system/cpu/possible", "utf8"));
  let unreadable: Degraded[] = [];
  const kernelCounters = () => readCounters(programs.maps.counters, cpus);
  const lists = new PolicyLists(blocklists);
  const clock = { boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(), boottime };
  const settings = new Settings(store);
  const profiles = new Profiles(store);
  const countries = new Countries();
  const countTraffic = () => {
    const began = performance.now();
    engine.catchUp();
    const news = engine.countTraffic();
    history.onCounted(performance.now() - began, news);
  };
  const history = new History({ store, settings, clock, countries, countTraffic });
  const journal = new Journal(instance, readJournalConf());
  const changed = () => {
    history.meetStanding(modes.situation);
    journal.meetStanding(modes.situation);
    engine.policyChanged();
  };
  const modes = new Modes({
    store,
    settings,
    profiles,
    clock,
    initial: options.mode,
    catchUp: () => engine.catchUp(),
    changed,
  });
  const rulesAre = cautionOwed(store);
  if (rulesAre !== null) {
    const config = Buffer.alloc(layouts.config.size);
    const known = programs.maps.configs.get(Buffer.alloc(4), config);
    const enforced = known ? layouts.config.read(config) : { default_action: 0, override: 0 };
    modes.restore(cautious(modes.state, enforced, rulesAre));
    settleCaution(store);
  }
  const copies = new Copies(copiesFolder(options.state), databaseIn(options.state), store);
  const probation = new Probation({
    store,
    settings,
    clock,
    modes,
    changes: new RuleChanges(store),
    sessionOf: (pid) => sessionOf(pid, { live: () => engine.liveFlows(), guarded: () => guards.guarded() }),
    decide: (asked) => engine.verdictOn(asked),
    changed,
  });
  probation.settleOverdue();
  const learning = new Learning({
    store,
    settings,
    modes,
    owner: apart ? options.owner : null,
    addRules: (rules) => engine.edits.addAll(rules),
  });
  const changedTold = new Set<string>();
  const lookAtDisk = safely("the disk could not be looked at", () => space.look(store));
  const tasks = [
    safely("flows that nobody can be asked about could not be decided", () => unattended.look()),
    () => history.tick(),
    lookAtDisk,
    () => copies.tick(),
    safely("empty cgroups could not be removed", () => runs.sweep()),
  ];
  const rounds = new Rounds({
    near: statusPace,
    far: restPace,
    isBusy: () => engine.waiting().length > 0 || history.isBusy(restPace) || space.isFull || runs.inUse,
    work: () => {
      for (const task of tasks) task();
    },
  });
  const monitor = new Monitor({
    flows: () => engine.rememberedFlows(),
    countTraffic,
    now: () => performance.now(),
  });
  const apps = new Apps(systemDirectories);
  const engine = new Engine({
    programs,
    store,
    situation: () => modes.situation,
    lists,
    countries,
    recorder: history.flows,
    resolvedMonitor: monitorSocket,
    apps,
    cgroups,
    personOf: (origin) => (apart ? personOf(origin) : undefined),
    clock,
    asker: () => journal.asker?.uid ?? 0,
    settings: {
      holdTicks: Math.max(1, Math.round(ticksPerSecond() * holdPace)),
      pidNamespace: statSync("/proc/self/ns/pid").ino,
      person: apart && isPerson(options.owner) ? options.owner : null,
    },
    zones: () => {
      const { resolvers, problem } = readResolvers();
      unreadable = problem === null ? [] : [{ code: "resolvers", message: problem }];
      return { loopback: loopbackPrefixes, resolvers, local: localPrefixes };
    },
    lostPackets: () => {
      const { ringFull = 0, overShare = 0 } = kernelCounters();
      return ringFull + overShare;
    },
    lostNews: () => kernelCounters().logFull ?? 0,
    heard: () => {
      if (rounds.wake()) history.endRest();
    },
    checkpoint: hooks.checkpoint,
    listener: {
      prompt: (prompt, id, person) => {
        updates.note("prompts", prompt, id, person);
        // Once for each question about a changed program.
        if (prompt === null) changedTold.delete(id);
        else if (prompt.changed && !changedTold.has(id)) {
          changedTold.add(id);
          history.appChanged(prompt.app.path);
        }
      },
      flow: (flow, id, person) => {
        updates.note("flows", flow, id, person);
        monitor.note(flow, id);
        learning.note(flow, id);
        journal.meetFlow(flow, id);
      },
      rules: (news) => {
        journal.meetRules(news);
        server.event("rules", (client) => tailor.rules(client, news));
      },
    },
  });
  const counters = () => ({
    ...kernelCounters(),
    ...engine.shortfalls,
    unsaved: engine.prompts.unsaved,
    unasked: engine.prompts.unasked,
    forgotten: engine.prompts.forgotten,
    misfit: programs.misfit === null ? 0 : 1,
    journalLost: journal.lost,
    warnings: logged.warn,
    errors: logged.error,
  });
  blocklists.follow({
    mayFetch: () => modes.situation.override !== "lockdown",
    changed: safely("a changed blocklist could not be enforced", () => void engine.policyChanged()),
    told: (list, id) => updates.note("blocklists", list, id),
  });
  const blocklistService = makeBlocklistService(blocklists);
  const blindSpots = makeBlindSpots({
    directories: () => guards.guarded().map((path) => join(root, path)),
    outside: (proceed) => programs.findOutside(proceed),
  });
  const onTrial = (uid: number) => probation.onTrial(uid, people.viewerOf(uid).everything);
  const service: ServiceParts = {
    engine,
    monitor,
    runs,
    blocklists: blocklistService,
    modes,
    probation,
    learning,
    history: historyService(history),
    backups: new Backups({
      store,
      settings,
      profiles,
      modes,
      blocklists,
      history,
      rulesFiles: engine.rulesFiles,
      version: version(),
      rules: () => engine.listRules(),
      changed,
    }),
    countries: countries.data,
    profiles: () => profiles.all(),
    version: version(),
    guarded: () => guards.guarded(),
    degraded: () => [
      ...guards.degraded(),
      ...rooms.unfound.map((problem): Degraded => ({ code: "guardUnknown", message: `Not guarded: ${problem}.` })),
      ...degradations(counters()),
      ...unreadable,
      ...lockProblem(lock.read().problem),
      ...windowProblem(options.windowGroup?.problem ?? null),
      ...blindSpots(),
      ...idleLists(blocklists.idle),
      ...space.degraded(),
      ...journal.degraded(),
      ...damageToTell(store, Date.now()),
    ],
    counters,
    storeFailed: rooms.storeFailed,
    journal,
    stop: hooks.stop,
    authority: {
      windowGroup: options.windowGroup,
      known: {
        ruleEndsSooner: (rule) => engine.edits.endsSooner(rule),
        answerEndsSooner: (answer) => engine.answers.endsSooner(answer),
        fetchedLately: (list) => blocklists.fetchedLately(list),
        trialWidens: (uid) => probation.widens(uid, people.viewerOf(uid).everything),
        onTrial,
      },
      askedAbout: (prompt) => engine.prompts.get(prompt) ?? null,
      consent: (peer, admin, method, params) => {
        const asked = "id" in params && typeof params.id === "string" ? engine.prompts.get(params.id) : undefined;
        return polkitAllows(
          peer,
          admin ? "org.picket.manage" : "org.picket.widen",
          actWords(method, params, asked, admin, onTrial(peer.uid)?.what),
        );
      },
      consents: new Consents(),
    },
    people: { ...people, tailor },
    lock,
  };
  const statusNews = new StatusNews({
    boottime,
    isWatched: (topic) => server.isWatched(topic),
    sample: () => {
      if (monitor.isWatched) monitor.sample();
      else if (server.isWatched("flows")) countTraffic();
    },
    status: () => ({ status: statusOf(service, people.viewerOf(0)), trials: probation.all }),
    tell: (status) =>
      server.event("status", (client) => {
        const { uid, everything } = people.viewerOf(client.peer.uid);
        return tailor.whole(client, "status", { ...status, trial: probation.trialOf(uid, everything) });
      }),
    tellRules: () => tellRules(engine.listRules()),
  });
  const server = new ControlServer(
    options.socket,
    (uid) => uid === options.owner || (apart && isPerson(uid)),
    makeService(service),
    () => statusNews.begin(),
    options.windowGroup,
  );
  if (options.windowGroup?.problem) log("warn", options.windowGroup.problem);
  // Guards last: what they hold is judged at once, by the whole policy.
  if (programs.misfit !== null) log("warn", "pinned maps did not fit and were replaced", { error: programs.misfit });
  engine.adopt(programs.adoptGuards());
  guards.start();
  engine.adopt(programs.retireOthers((inode) => cgroups.directory(BigInt(inode))));
  await server.listen();
  const runFile = writeRunFile(instance, options, wanted);
  const stopWatching = watchResolvers(
    safely("the resolvers could not be read again", () => void engine.policyChanged()),
  );
  history.meetStanding(modes.situation);
  journal.meetStanding(modes.situation);
  const networks = new NetworkWatch((found, primary) => {
    history.meetNetwork(primary);
    safely("the profile of a network could not be taken", () => modes.meet(found))();
  });
  const screens = new LockedScreens();
  const unattended = new UnattendedFlows({
    choice: options.unattended,
    patience: options.unattendedAfter * 1000,
    waiting: () => engine.waiting(),
    isAttended: (person) =>
      [...server.connected].some(
        ({ peer, topics }) =>
          topics.has("prompts") &&
          sees(people.viewerOf(peer.uid), person) &&
          (peer.uid === 0 || !screens.has(peer.uid)),
      ),
    carryOut: (flow, verdict) => engine.answers.decideUnattended(flow, verdict),
    now: boottime,
  });
  lookAtDisk();
  rounds.start();
  setTimeout(() => void apps.rehearse(), calm).unref();
  const { adopted, verified, version: pins } = programs;
  log("info", "enforcing", { instance, guarded: service.guarded(), adopted, verified, pins });

  return {
    async close(removePins) {
      rounds.stop();
      stopWatching();
      networks.close();
      updates.close();
      monitor.close();
      await server.close();
      blocklistService.close();
      await blocklists.close();
      guards.close();
      if (removePins) engine.refuseHeld();
      history.close();
      engine.close();
      journal.close();
      modes.close();
      probation.close();
      learning.close();
      cgroups.close();
      if (removePins) {
        // Detached first: a cgroup that cannot be removed must not leave programs behind.
        programs.remove();
        if (mountedHere) releaseBpfFileSystem();
        await runs.close();
      }
      copies.write();
      store.close();
      // What stays guarded is known by it to the next helper, and to picket off.
      if (removePins) rmSync(runFile, { force: true });
      rmSync(options.socket, { force: true });
    },
  };
}
