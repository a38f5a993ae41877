// The order in which a change is written: after each single write, every flow meets its old answer, its new one, or a hold. The maps are
// kept in memory here, for nobody could ask the kernel between two writes; policy-maps.test.ts has the real ones.
import fc from "fast-check";
import { expect, it } from "vitest";
import { layouts } from "../../../helper/kernel/layout.ts";
import type { BpfMap } from "../../../helper/kernel/libbpf.ts";
import { PolicyMaps } from "../../../helper/kernel/policy-maps.ts";
import { type Compiled, type CompiledPath, Compiler, type Slot } from "../../../helper/policy/compile.ts";
import { noLists } from "../../../helper/policy/lists.ts";
import { compareRules } from "../../../helper/policy/order.ts";
import type { PolicyRule } from "../../../helper/policy/rule.ts";
import { slotName } from "../../../helper/policy/tables.ts";
import { type Found, lookUp, nest, newTarget, policy, question, rule } from "../policy/model.ts";

const { slot_key, slot, host_key, range_key, path, config } = layouts;

/** A map that tells of every write. */
class MapInMemory {
  readonly entries = new Map<string, Buffer>();
  private readonly written: () => void;

  constructor(written: () => void) {
    this.written = written;
  }

  capacity(): number {
    return 100_000;
  }

  keys(): Buffer[] {
    return [...this.entries.keys()].map((key) => Buffer.from(key, "latin1"));
  }

  get(key: Buffer, into: Buffer): boolean {
    this.entries.get(key.toString("latin1"))?.copy(into);
    return this.entries.has(key.toString("latin1"));
  }

  set(key: Buffer, value: Buffer): void {
    this.entries.set(key.toString("latin1"), Buffer.from(value));
    this.written();
  }

  delete(key: Buffer): void {
    this.entries.delete(key.toString("latin1"));
    this.written();
  }

  add(): void {}
}

/** The maps, and what they say at the moment. */
class Maps {
  written: () => void = () => {};
  readonly slots = new MapInMemory(() => this.written());
  readonly tables = new MapInMemory(() => this.written());
  readonly hosts = new MapInMemory(() => this.written());
  readonly maybe_hosts = new MapInMemory(() => {});
  readonly ranges = new MapInMemory(() => this.written());
  readonly configs = new MapInMemory(() => this.written());

  asBpf(): Record<"slots" | "tables" | "hosts" | "maybe_hosts" | "ranges" | "configs", BpfMap> {
    const { slots, tables, hosts, maybe_hosts, ranges, configs } = this;
    return { slots, tables, hosts, maybe_hosts, ranges, configs } as never;
  }

  get compiled(): Compiled {
    const each = <T>(map: MapInMemory, read: (key: Buffer, value: Buffer) => T): T[] =>
      [...map.entries].map(([key, value]) => read(Buffer.from(key, "latin1"), value));
    const used = (tables: readonly number[]) => tables.filter((table) => table !== 0);
    const slots = each(this.slots, (key, value): Slot => ({ ...slot_key.read(key), ...slot.read(value) }));
    const hosts = each(this.hosts, (key, value): CompiledPath => {
      const hex = host_key.read(key).address.toString("hex");
      return { prefix: { hex, bits: 128 }, tables: used(path.read(value).tables) };
    });
    const ranges = each(this.ranges, (key, value): CompiledPath => {
      const { address, prefix_bits } = range_key.read(key);
      return { prefix: { hex: address.toString("hex"), bits: prefix_bits }, tables: used(path.read(value).tables) };
    });
    const { any, default_action, override } = config.read(this.configs.entries.values().next().value as Buffer);
    return {
      slots: new Map(slots.map((slot) => [slotName(slot), slot])),
      tables: new Map(each(this.tables, (key, value) => [key.readUInt32LE(), value.readUInt32LE()] as const)),
      paths: new Map([...hosts, ...ranges].map((path) => [`${path.prefix.hex}/${path.prefix.bits}`, path])),
      any: used(any.tables),
      defaultAction: default_action,
      override: override === 0 ? null : override === 1 ? "pause" : "lockdown",
      listed: () => [],
    };
  }
}

const change = fc.record({
  gone: fc.array(fc.nat(), { maxLength: 3 }),
  come: fc.oneof(
    fc.array(rule, { maxLength: 2 }),
    nest.map((rules) => rules.slice(0, 5)),
  ),
});
const cases = fc.tuple(
  policy.map((policy) => ({ ...policy, lists: noLists, override: null })),
  fc.array(change, { minLength: 1, maxLength: 3 }),
  fc.array(question, { minLength: 12, maxLength: 12 }),
);

/** How the maps are brought to what the compiler has by now; `anew` compiles the same as a whole. */
type Bring = (maps: PolicyMaps, compiler: Compiler, anew: () => Compiled) => void;

interface Tally {
  writes: number;
  moments: number;
  held: number;
}

function follow(
  bring: Bring,
  tally: Tally,
  [begin, changes, questions]: typeof cases extends fc.Arbitrary<infer Value> ? Value : never,
): void {
  const target = newTarget();
  const maps = new Maps();
  const policyMaps = new PolicyMaps(maps.asBpf(), { holdTicks: 1, pidNamespace: 1 });
  const compiler = new Compiler(begin, target);
  policyMaps.apply(compiler);
  compiler.take();
  let rules: PolicyRule[] = [...begin.rules];
  let highest = rules.length;
  const protocols = { tcp: 6, udp: 17, icmp: 1, other: 132 };
  const text = ({ action, rule, deferred }: Found) => (deferred || action === 3 ? "hold" : `${action} by ${rule}`);
  const answers = () => {
    const { compiled } = maps;
    return questions.map((asked) => text(lookUp(compiled, target.appId(asked.app), asked, protocols[asked.protocol])));
  };
  for (const { gone, come } of changes) {
    const leaving = [...new Set(rules.length === 0 ? [] : gone.map((at) => rules[at % rules.length]!))];
    const coming = come.map((rule) => ({ ...rule, id: `rule ${++highest}`, number: highest }));
    const before = answers();
    const seen = questions.map(() => new Set<string>());
    maps.written = () => {
      tally.writes++;
      for (const [at, answer] of answers().entries()) seen[at]!.add(answer);
    };
    compiler.change(leaving, coming);
    rules = [...rules.filter((rule) => !leaving.includes(rule)), ...coming].sort(compareRules);
    bring(policyMaps, compiler, () => new Compiler({ ...begin, rules }, target));
    maps.written = () => {};
    for (const [at, after] of answers().entries()) {
      const allowed = [before[at]!, after, "hold"];
      for (const one of seen[at]!) {
        expect(allowed).toContain(one);
        tally.moments++;
        if (one === "hold" && before[at] !== "hold") tally.held++;
      }
    }
  }
}

function run(bring: Bring, runs: number, seed: number): Tally {
  const tally = { writes: 0, moments: 0, held: 0 };
  fc.assert(
    fc.property(cases, (given) => follow(bring, tally, given)),
    { numRuns: runs, seed, endOnFailure: true },
  );
  return tally;
}

it.each<[string, Bring]>([
  ["changed", (maps, compiler) => void maps.amend(compiler, compiler.take())],
  ["compiled anew", (maps, _, anew) => void maps.apply(anew())],
])(
  "gives every flow its old answer, its new one, or a hold, after every single write of a policy that is %s",
  (_, bring) => {
    const tally = run(bring, 300, Date.now());
    console.log(JSON.stringify(tally));
    expect(tally.writes).toBeGreaterThan(2000);
    expect(tally.held).toBeGreaterThan(10);
  },
  120_000,
);

it("notices writes in another order", () => {
  const backwards = (maps: PolicyMaps, compiler: Compiler) => {
    const { slots, tables, paths } = compiler.take();
    const none = new Map();
    // Paths before what they lead to.
    maps.amend(compiler, { slots: none, tables: none, paths });
    maps.amend(compiler, { slots, tables, paths: none });
  };
  expect(() => run(backwards, 400, 7)).toThrow(/Property failed/);
}, 120_000);
