// Denied attempts under load, counted on the far side's wire: the body of leaks.test.ts and of its long form.
import { expect } from "vitest";
import { client, clientApp } from "../network/clients.ts";
import { compiled } from "../network/compiled.ts";
import { type Addresses, type Attempts, type Field, Talker } from "./field.ts";
import { slowness, until } from "./helper-process.ts";
import { burst, type Call } from "./inbound-sides.ts";

/** Every kind attempts.c knows. TCP is refused by connect(), datagrams by send(). */
export const kinds = [
  ...["tcp4", "tcp6", "tcpMapped", "tfo4", "mptcp4"],
  ...["udp4", "udp6", "udp4Connected", "udp6Connected", "udpMapped", "udpSegments"],
  ...["ping4", "ping6", "rawPing4", "rawPing6", "rawUdp4", "rawUdp6", "rawPacket"],
  ...["ringTcp4", "ringUdp4"],
];
/** The kernel does not always tell these that their packet was refused. */
export const untold = ["tfo4", "mptcp4", "ping6"];

/** Nobody listens there: what arrives is counted, not answered. */
const port = 9;
/** Attempts of one process. More processes one after the other, as programs come and go. */
const batch = 5000;
const sideBySide = 2;

export interface Storm {
  /** Attempts that a rule blocks. */
  denied: number;
  /** Attempts that nobody answers. */
  undecided: number;
  /** How often the helper is killed and started again meanwhile. */
  kills: number;
}

function add(into: Record<string, Attempts>, more: Record<string, Attempts>): void {
  for (const [kind, { made, refused, taken, failed, errno }] of Object.entries(more)) {
    into[kind] ??= { made: 0, refused: 0, taken: 0, failed: 0, errno: 0 };
    const sum = into[kind];
    sum.made += made;
    sum.refused += refused;
    sum.taken += taken;
    sum.failed += failed;
    sum.errno ||= errno;
  }
}

/** Attempts in batches, `sideBySide` at a time; `going` asks whether to go on. */
async function attack(field: Field, to: Addresses, count: number): Promise<Record<string, Attempts>> {
  const all: Record<string, Attempts> = {};
  let left = count;
  const one = async () => {
    while (left > 0) {
      const now = Math.min(batch, left);
      left -= now;
      add(all, await field.attempts(now, to, port));
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, one));
  return all;
}

/** Rules of other ports of the denied addresses, of their ranges and of strangers come and go; none of them opens the denied port. */
async function changePolicy(field: Field, shut: Addresses, going: () => boolean): Promise<number> {
  let changes = 0;
  while (going()) {
    try {
      const rules = [
        await field.rule("allow", shut.v4, 443),
        await field.rule("allow", shut.v6, 443),
        await field.rule("allow", "192.0.2.0/28"),
        await field.rule("block", "198.51.100.0/24"),
      ];
      for (const rule of rules) await field.remove(rule);
      changes += 2 * rules.length;
    } catch {
      // the helper is dead at the moment
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return changes;
}

async function killAndStart(field: Field, kills: number, going: () => boolean): Promise<number> {
  let done = 0;
  while (done < kills && going()) {
    // As long as it takes to do something: to name who runs, and to change rules.
    await new Promise((resolve) => setTimeout(resolve, (700 + 100 * (done % 5)) * slowness));
    await field.helper.signal("SIGKILL");
    // Half of the time nobody is there for a while, else the next helper starts at once.
    if (done % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 500));
    await field.helper.start();
    done++;
  }
  return done;
}

/** Calls of a listener from the far side, in bursts; resolves with their number. */
async function callAgainAndAgain(field: Field, theCall: Call, going: () => boolean): Promise<number> {
  let calls = 0;
  while (going()) {
    await burst(field.network, { ...theCall, fromPort: 20_000 + (calls % 20_000), seconds: 0.2 }, 20);
    calls += 20;
  }
  return calls;
}

/**
 * The same where everything is allowed except one app, whichever way it goes, and calls of another: `to` has no rules. Nothing that the
 * app sends arrives, and no caller hears of the listener.
 */
export async function expectNoLeakOfApps(field: Field, storm: Omit<Storm, "undecided">): Promise<void> {
  const api = await field.helper.client();
  const to = field.addresses();
  const listener = clientApp("listener");
  const port = 3000;
  await api.call("mode.set", { mode: "allow" });
  const rules = [
    await api.call("rules.add", { app: compiled("attempts"), action: "block" }),
    await api.call("rules.add", { app: listener, action: "block", direction: "inbound" }),
  ];
  const listening = new Talker(field.spawn(client("listener", "tcp", "0.0.0.0", port)));
  expect(await listening.says()).toMatchObject({ ready: true });
  const theCall: Call = {
    protocol: "tcp",
    from: field.network.address(4),
    fromPort: 0,
    to: field.network.nearAddress(4),
    port,
  };
  const steady = await field.steady(1);
  let going = true;
  const [calling, killing] = [
    callAgainAndAgain(field, theCall, () => going),
    killAndStart(field, storm.kills, () => going),
  ];
  const denied = await attack(field, to, storm.denied);
  const kills = await killing;
  going = false;
  const calls = await calling;
  const results = await Promise.all(steady.map((each) => each.end()));
  await new Promise((resolve) => setTimeout(resolve, 1500)); // as above
  expect(await field.arrivedAt(to)).toBe(0);
  expect(await field.network.arrivedAt(theCall.from), "answers to callers").toBe(0);
  expect(kills).toBe(storm.kills);
  expect(calls).toBeGreaterThan(0);
  for (const kind of kinds) expect(denied[kind], kind).toMatchObject({ failed: 0 });
  for (const result of results) expect(result).toMatchObject({ errors: [], lost: 0 });

  // The control: without the rules each arrives, and the first that the listener ever accepts is a call of now.
  for (const { id } of rules) await field.remove(id);
  await expectArrivals(field, to);
  const now: Call = { ...theCall, from: field.network.address(4), fromPort: 20_000 };
  await burst(field.network, now, 1);
  await until("the answer", async () => (await field.network.arrived("tcp", now.from, now.fromPort)) > 0);
  expect(await listening.says()).toMatchObject({ from: now.from });
  listening.go(true);
}

/** One attempt of each kind arrives where it is allowed: the counter would see what leaks. */
export async function expectArrivals(field: Field, to: Addresses): Promise<void> {
  for (const kind of kinds) {
    const before = await field.arrivedAt(to);
    const { [kind]: result } = await field.attempts(3, to, port, [kind]);
    // io_uring goes on by itself, and may know by then that nobody listens.
    const refused = kind === "ringTcp4" ? expect.any(Number) : 0;
    expect(result, kind).toMatchObject({ made: 3, refused, failed: 0 });
    await until(`what ${kind} sent`, async () => (await field.arrivedAt(to)) >= before + 3);
  }
}

/** The storm itself. `shut` has block rules, `asked` has ask rules, everything else of the far side is allowed. */
export async function expectNoLeak(field: Field, shut: Addresses, asked: Addresses, storm: Storm): Promise<void> {
  const before = { shut: await field.arrivedAt(shut), asked: await field.arrivedAt(asked) };
  const steady = await field.steady(3);
  let going = true;
  const changing = changePolicy(field, shut, () => going);
  const attacks = Promise.all([attack(field, shut, storm.denied), attack(field, asked, storm.undecided)]);
  const killing = killAndStart(field, storm.kills, () => going);
  // The attack goes on until the last kill, however quick it was.
  const [denied, undecided] = await attacks;
  let more = 0;
  for (let killed = false; !killed; ) {
    killed = await Promise.race([killing.then(() => true), new Promise<false>((r) => setTimeout(() => r(false), 50))]);
    add(denied, await attack(field, shut, 1000));
    more += 1000;
  }
  going = false;
  const [kills, changes] = [await killing, await changing];
  const results = await Promise.all(steady.map((each) => each.end()));

  // What was held meanwhile would retransmit within this time.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect({ shut: await field.arrivedAt(shut), asked: await field.arrivedAt(asked) }).toEqual(before);
  const made = (of: Record<string, Attempts>) => Object.values(of).reduce((sum, each) => sum + each.made, 0);
  expect(made(denied)).toBe(storm.denied + more);
  expect(made(undecided)).toBe(storm.undecided);
  expect(kills).toBe(storm.kills);
  expect(changes).toBeGreaterThan(0);
  for (const kind of kinds) {
    expect(denied[kind], kind).toMatchObject({ failed: 0 });
    // What meets a policy that is half written is held, then blocked (bpf/policy.bpf.h): its app hears nothing of it.
    if (!untold.includes(kind)) expect(denied[kind]?.taken, kind).toBeLessThanOrEqual(kills + changes);
    expect(undecided[kind], kind).toMatchObject({ failed: 0 });
  }
  for (const result of results) {
    expect(result).toMatchObject({ errors: [], lost: 0 });
    expect(result.connections).toBeGreaterThan(10);
  }
}
