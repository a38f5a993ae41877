// The real thing: generated policies go through the compiler into the kernel's maps, and real sockets ask the real programs.
// test/helper/policy/compile.test.ts asks many more questions of a model of them.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { AddressSet } from "../../../helper/blocklists/address-set.ts";
import { flowState, layouts, recordType } from "../../../helper/kernel/layout.ts";
import { PolicyMaps, target } from "../../../helper/kernel/policy-maps.ts";
import { formatAddress } from "../../../helper/policy/address.ts";
import { type Compiled, Compiler, compile, type NamedAddresses } from "../../../helper/policy/compile.ts";
import { decide, noNames, type Policy, type Question } from "../../../helper/policy/decide.ts";
import { entryRule, type Lists, listNumbers, noLists } from "../../../helper/policy/lists.ts";
import { slowness } from "../../end-to-end/helper-process.ts";
import {
  addressLists,
  apps,
  emptyPolicy,
  type Found,
  lists,
  lookUp,
  named,
  newTarget,
  pathsOf,
  policy,
  protocolNumbers,
  question,
  stranger,
  users,
} from "../policy/model.ts";
import { mutants } from "../policy/mutants.ts";
import { type Outcome, type Probe, Prober } from "./prober.ts";

vi.setConfig({ testTimeout: 300_000 * slowness });

/** Whose own rules the kernel knows. */
const person = users[0];
const settings = { holdTicks: 25, pidNamespace: 1, person };
const empty = emptyPolicy("ask");

let prober: Prober;
let executable: Buffer;
/** Numbers outlive a policy, as in the store. */
const numbers = newTarget();
let maps: PolicyMaps;

beforeAll(async () => {
  prober = await Prober.start();
  maps = new PolicyMaps(prober.programs.maps, settings);
  maps.apply(compileFor(empty));
  executable = layouts.exe_key.write(await prober.executable());
});
afterAll(() => prober?.stop());

const forKernel = { ...target, person, tableId: numbers.tableId, appId: numbers.appId };

function compileFor(policy: Policy, named?: NamedAddresses): Compiled {
  return compile(policy, forKernel, named);
}

/** Names the prober's executable for the kernel; null: it has no name yet. */
function nameProber(app: string | null): number {
  const number = app === null ? 0 : numbers.appId(app);
  const value = Buffer.alloc(4);
  value.writeUInt32LE(number);
  if (number === 0) prober.programs.maps.apps.delete(executable);
  else prober.programs.maps.apps.set(executable, value);
  return number;
}

/** What a socket can be aimed at: no multicast, broadcast, link-local or unspecified address. */
function reachable({ addressHex }: Question): boolean {
  const text = formatAddress(Buffer.from(addressHex, "hex"));
  if (!text.includes(":")) return Number(text.split(".")[0]) < 224 && !text.startsWith("0.");
  return text !== "::" && !/^f[ef]/.test(text);
}

function probeOf({ addressHex, port, protocol, direction, user }: Question): Probe {
  const address = formatAddress(Buffer.from(addressHex, "hex"));
  const numbers = protocolNumbers[protocol];
  return {
    direction,
    user,
    protocol,
    address,
    port,
    number: numbers[address.includes(":") && protocol === "icmp" ? 1 : 0] as number,
  };
}

function verdictOf({ record }: Outcome): { action: number; rule: number } | undefined {
  if (record === undefined) return undefined;
  if (record.type === recordType.held) return { action: target.action.ask, rule: 0 };
  const allowed = record.state === flowState.allowed;
  return { action: allowed ? target.action.allow : target.action.block, rule: record.rule };
}

function expectedOf({ action, rule, deferred }: Found) {
  return deferred || action === target.action.ask ? { action: target.action.ask, rule: 0 } : { action, rule };
}

/** Fewer cases than the model has: what is rare there comes more often, lists of addresses too, which leave nothing to the helper. */
const policies = fc
  .record({
    policy,
    override: fc.constantFrom(...Array<null>(9).fill(null), "lockdown", "pause", "pause"),
    lists: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: addressLists }),
  })
  .map(({ policy, override, lists }): Policy => ({ ...policy, override, lists: lists ?? policy.lists }));
/** Each with five names for the app and twelve questions. */
const runs = 400;
/** Nobody listens for other protocols by a port. */
const hasDirection = ({ protocol, direction }: Question) =>
  direction === "outbound" || protocol === "tcp" || protocol === "udp";
const possible = question.filter((asked) => reachable(asked) && hasDirection(asked));
const questions = fc.array(possible, { minLength: 12, maxLength: 12 });

describe("the kernel", () => {
  it("gives the decider's answer over real sockets: policies × apps × questions", async () => {
    const seen = {
      pairs: 0,
      silent: 0,
      deferred: 0,
      actions: {} as Record<number, number>,
      layers: {} as Record<string, number>,
      directions: { outbound: 0, inbound: 0 },
      users: {} as Record<number, number>,
    };
    await fc.assert(
      fc.asyncProperty(policies, questions, named, async (policy, questions, named) => {
        const compiled = compileFor(policy, named);
        maps.apply(compiled);
        for (const app of [...apps, stranger, null]) {
          const number = nameProber(app);
          const outcomes = await prober.probe(questions.map(probeOf));
          for (const [at, outcome] of outcomes.entries()) {
            const asked = questions[at] as Question;
            const { number: protocol } = probeOf(asked);
            const verdict = verdictOf(outcome);
            seen.pairs++;
            if (verdict === undefined) {
              seen.silent++;
              continue;
            }
            seen.directions[asked.direction]++;
            seen.users[asked.user] = (seen.users[asked.user] ?? 0) + 1;
            seen.actions[verdict.action] = (seen.actions[verdict.action] ?? 0) + 1;
            const found = lookUp(compiled, number, asked, protocol, person);
            expect(verdict).toEqual(expectedOf(found));
            if (found.deferred) seen.deferred++;
            if (app === null || found.deferred) continue;
            const names = named.get(asked.addressHex) ?? noNames;
            const said = decide(policy, { ...asked, app, names });
            seen.layers[said.layer] = (seen.layers[said.layer] ?? 0) + 1;
            const rule = said.verdict === "ask" ? 0 : said.number;
            expect(verdict).toEqual({ action: target.action[said.verdict], rule });
            if (asked.direction === "inbound") continue;
            // What the program feels of it: TCP is refused at once, a held datagram is as good as sent.
            if (asked.protocol === "tcp" && said.verdict === "block") expect(outcome.errno).toBe(111);
            if (asked.protocol === "udp") expect(outcome.errno).toBe(said.verdict === "block" ? 1 : 0);
          }
        }
      }),
      { numRuns: runs, endOnFailure: true },
    );
    expect(seen.pairs).toBe(runs * 5 * 12);
    // Some sockets cannot be aimed at some addresses; nearly all can.
    expect(seen.silent / seen.pairs).toBeLessThan(0.1);
    const answered = seen.pairs - seen.silent;
    console.log(`${answered} answers of the kernel: ${JSON.stringify(seen)}`);
    for (const action of [target.action.allow, target.action.block, target.action.ask]) {
      expect((seen.actions[action] ?? 0) / answered, `action ${action}`).toBeGreaterThan(0.2);
    }
    for (const layer of ["rule", "factory", "mode", "blocklist", "lockdown"]) {
      expect((seen.layers[layer] ?? 0) / answered, layer).toBeGreaterThan(0.01);
    }
    for (const [what, count] of Object.entries({ ...seen.directions, ...seen.users }))
      expect(count / answered, what).toBeGreaterThan(0.1);
    expect(seen.deferred).toBeGreaterThan(0);
    expect(prober.failures).toEqual([]);
  });

  // Those whose mistake shows in flows of a program that has a name; the model's test knows them all.
  it.each(mutants.filter(([name]) => !/exact slots/.test(name)))(
    "is asked honestly: it catches a compiler that %s",
    async (_, mutant) => {
      const wrong = fc.assert(
        fc.asyncProperty(policies, questions, named, async (policy, questions, named) => {
          maps.apply(mutant(policy, forKernel, named));
          const right = compileFor(policy, named);
          for (const app of [apps[0], apps[1]]) {
            const number = nameProber(app);
            const outcomes = await prober.probe(questions.map(probeOf));
            for (const [at, outcome] of outcomes.entries()) {
              const asked = questions[at] as Question;
              const verdict = verdictOf(outcome);
              const found = lookUp(right, number, asked, probeOf(asked).number, person);
              if (verdict) expect(verdict).toEqual(expectedOf(found));
            }
          }
        }),
        // A rare mistake needs many policies to show; most show in the first few.
        { numRuns: 2000, endOnFailure: true },
      );
      await expect(wrong).rejects.toThrow(/Property failed/);
    },
  );
});

describe("the maps", () => {
  const contents = () => {
    const { slots, hosts, ranges } = prober.programs.maps;
    return {
      slots: slots.keys(layouts.slot_key.size).length,
      hosts: hosts.keys(layouts.host_key.size).length,
      ranges: ranges.keys(layouts.range_key.size).length,
    };
  };
  const sizes = (compiled: Compiled) => {
    const paths = [...pathsOf(compiled).keys()];
    const hosts = paths.filter((name) => name.endsWith("/128"));
    return { slots: compiled.slots.size, hosts: hosts.length, ranges: paths.length - hosts.length };
  };

  /** What the kernel has for a table: an array, whose every entry is there. */
  const shapesOf = (table: number) => {
    const [key, value] = [Buffer.alloc(4), Buffer.alloc(4)];
    key.writeUInt32LE(table);
    prober.programs.maps.tables.get(key, value);
    return value.readUInt32LE();
  };
  const expectTables = (compiled: Compiled, before: Iterable<number>) => {
    for (const table of new Set([...before, ...compiled.tables.keys()]))
      expect(shapesOf(table)).toBe(compiled.tables.get(table) ?? 0);
  };

  it("hold exactly the policy after any sequence of policies, and after another helper's", () => {
    fc.assert(
      fc.property(fc.array(policy, { minLength: 2, maxLength: 5 }), (policies) => {
        let before: Iterable<number> = [];
        for (const policy of policies) {
          const compiled = compileFor(policy);
          maps.apply(compiled);
          expect(contents()).toEqual(sizes(compiled));
          expectTables(compiled, before);
          before = compiled.tables.keys();
        }
        const last = compileFor(policies[0] as Policy);
        maps = new PolicyMaps(prober.programs.maps, settings);
        maps.apply(last);
        expect(contents()).toEqual(sizes(last));
        expectTables(last, []);
        for (const slot of last.slots.values()) {
          const value = Buffer.alloc(layouts.slot.size);
          expect(prober.programs.maps.slots.get(layouts.slot_key.write(slot), value)).toBe(true);
          expect(layouts.slot.read(value)).toEqual({ action: slot.action, rule: slot.rule });
        }
      }),
      { numRuns: 40 },
    );
    maps.apply(compileFor(empty));
    expect(contents()).toEqual({ slots: 0, hosts: 0, ranges: 0 });
  });

  /** The kernel's paths by "hex/bits", without the zeros behind their ends. */
  const kernelPaths = () => {
    const { hosts, ranges } = prober.programs.maps;
    const { host_key, range_key, path } = layouts;
    const value = Buffer.alloc(path.size);
    const pathAt = (map: typeof hosts, key: Buffer) => {
      expect(map.get(key, value)).toBe(true);
      return path.read(value).tables.filter((table) => table !== 0);
    };
    return Object.fromEntries([
      ...hosts.keys(host_key.size).map((key) => [`${key.toString("hex")}/128`, pathAt(hosts, key)] as const),
      ...ranges.keys(range_key.size).map((key) => {
        const { address, prefix_bits } = range_key.read(key);
        return [`${address.toString("hex")}/${prefix_bits}`, pathAt(ranges, key)] as const;
      }),
    ]);
  };
  const expectPaths = (compiled: Compiled) => {
    const wanted = [...pathsOf(compiled)].map(([name, { tables }]) => [name, [...tables]]);
    expect(kernelPaths()).toEqual(Object.fromEntries(wanted));
  };

  it("have the lists' paths wherever there is no other, while rules, names and lists come and go", () => {
    const seen = { hidden: 0, back: 0, kept: 0, restarts: 0 };
    const step = fc.record({
      policy,
      lists,
      named,
      keep: fc.constantFrom(true, true, true, false),
      restart: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 6 }), (steps) => {
        let lists = steps[0]?.lists ?? noLists;
        let hidden = new Set<string>();
        for (const step of steps) {
          if (step.keep) seen.kept++;
          else lists = step.lists;
          if (step.restart) {
            seen.restarts++;
            maps = new PolicyMaps(prober.programs.maps, settings);
          }
          const compiler = new Compiler({ ...step.policy, lists }, forKernel);
          maps.apply(compiler);
          compiler.take();
          const listed = [...lists.prefixes()].map(({ hex, bits }) => `${hex}/${bits}`);
          const check = () => {
            expectPaths(compiler);
            for (const name of listed) if (hidden.has(name) && !compiler.paths.has(name)) seen.back++;
            hidden = new Set(listed.filter((name) => compiler.paths.has(name)));
            seen.hidden += hidden.size;
          };
          check();
          for (const names of [step.named, new Map([...step.named].map(([hex]) => [hex, noNames]))]) {
            for (const [hex, known] of names) if (compiler.setNames(hex, known)) maps.extend(compiler, compiler.take());
            check();
          }
        }
      }),
      { numRuns: 150 },
    );
    maps.apply(compileFor(empty));
    expect(kernelPaths()).toEqual({});
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(5);
  });

  it("are not written anew for a list that is the same", () => {
    const hex = "00000000000000000000ffffc0000201";
    const listOf = (): Lists => {
      const addresses = new AddressSet([{ hex, bits: 128 }]);
      return { ...noLists, addresses: () => [{ list: "ads", number: listNumbers, addresses }] };
    };
    const lists = listOf();
    const isThere = () => prober.programs.maps.hosts.get(Buffer.from(hex, "hex"), Buffer.alloc(layouts.path.size));
    maps.apply(compileFor({ ...empty, lists }));
    expect(isThere()).toBe(true);
    prober.programs.maps.hosts.delete(Buffer.from(hex, "hex"));
    // A mode, and the first rule about a name.
    const destination = { kind: "host", name: "example.org" } as const;
    const rules = [{ ...entryRule({ list: "", number: 1, destination }), action: "allow" as const }];
    maps.apply(compileFor({ ...empty, mode: "block", rules, lists }));
    expect(isThere()).toBe(false);
    maps.apply(compileFor({ ...empty, lists: listOf() }));
    expect(isThere()).toBe(true);
    maps.apply(compileFor(empty));
    expect(isThere()).toBe(false);
  });
});
