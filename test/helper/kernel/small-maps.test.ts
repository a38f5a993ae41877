// The real programs with maps that take a handful of entries: what has no room is held, never let through, and counted.
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { GrowingMap } from "../../../helper/kernel/growing-map.ts";
import { flowState, layouts, recordType } from "../../../helper/kernel/layout.ts";
import { PolicyMaps, target } from "../../../helper/kernel/policy-maps.ts";
import { formatAddress } from "../../../helper/policy/address.ts";
import { compile } from "../../../helper/policy/compile.ts";
import { decide, type Question } from "../../../helper/policy/decide.ts";
import { smallObject, smallRooms } from "../../bpf/object.ts";
import { apps, newTarget, policy, question } from "../policy/model.ts";
import { Prober } from "./prober.ts";

/** How many entries there may be. One of the maps begins smaller, and grows to it. */
const { ranges, tables, slots } = smallRooms.policy;
const room = { hosts: 3, ranges, tables, slots } as const;
let prober: Prober;
let maps: PolicyMaps;

beforeAll(async () => {
  prober = await Prober.start(smallObject("policy"));
  const { hosts, ...others } = prober.programs.maps;
  const small = { ...others, hosts: new GrowingMap(hosts.fd, room.hosts) };
  for (const [name, entries] of Object.entries(room)) expect(small[name as "hosts"].capacity()).toBe(entries);
  maps = new PolicyMaps(small, { holdTicks: 25, pidNamespace: 1 });
}, 120_000);
afterAll(async () => {
  await prober?.stop();
});

it("decides as before or holds, and says how much it left out", async () => {
  const executable = layouts.exe_key.write(await prober.executable());
  const app = apps[0];
  const number = Buffer.alloc(4);
  const reachable = ({ addressHex }: Question) => /^(0{20}ffff(0a|7f)|2001)/.test(addressHex);
  const asked = question.filter(reachable).map(
    (question): Question => ({
      ...question,
      app,
      direction: "outbound",
      protocol: "tcp",
      port: question.port || 443,
    }),
  );
  const seen = { pairs: 0, held: 0, left: 0, decided: 0 };
  await fc.assert(
    fc.asyncProperty(policy, fc.array(asked, { minLength: 12, maxLength: 12 }), async (policy, questions) => {
      // Anew each time: a table's number is its place, and there are few.
      const numbers = newTarget();
      number.writeUInt32LE(numbers.appId(app));
      prober.programs.maps.apps.set(executable, number);
      const compiled = compile(policy, { ...target, tableId: numbers.tableId, appId: numbers.appId });
      maps.apply(compiled);
      if (maps.leftOut > 0) seen.left++;
      const outcomes = await prober.probe(
        questions.map(({ addressHex, port }) => ({
          protocol: "tcp",
          number: 6,
          address: formatAddress(Buffer.from(addressHex, "hex")),
          port,
        })),
      );
      for (const [at, { record }] of outcomes.entries()) {
        if (record === undefined) continue;
        seen.pairs++;
        if (record.type === recordType.held) {
          seen.held++;
          continue;
        }
        const said = decide(policy, questions[at] as Question);
        expect([record.state, record.rule]).toEqual([
          { allow: flowState.allowed, block: flowState.blocked, ask: flowState.held }[said.verdict],
          said.number,
        ]);
        if (maps.leftOut > 0) seen.decided++;
      }
    }),
    { numRuns: 150, endOnFailure: true },
  );
  expect(seen.left).toBeGreaterThan(30);
  expect(seen.decided).toBeGreaterThan(30);
  expect(seen.held).toBeGreaterThan(seen.pairs * 0.2);
  expect(prober.failures).toEqual([]);
}, 120_000);
