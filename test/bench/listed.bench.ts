// What a change of the rules costs beside a blocklist of 100,000 addresses: compiled as in the helper, brought to the maps of the real
// kernel. Writes dist/bench/listed.json.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Blocklists, listsFolder } from "../../helper/blocklists/blocklists.ts";
import { PolicyLists } from "../../helper/blocklists/policy-lists.ts";
import { PolicyMaps, target } from "../../helper/kernel/policy-maps.ts";
import { parsePrefix } from "../../helper/policy/address.ts";
import { compile } from "../../helper/policy/compile.ts";
import type { Lists } from "../../helper/policy/lists.ts";
import { loopbackPrefixes, type PolicyRule } from "../../helper/policy/rule.ts";
import { openStore } from "../../helper/store/database.ts";
import { Prober } from "../helper/kernel/prober.ts";
import { anyRule, newTarget } from "../helper/policy/model.ts";
import { Figures, percentile } from "./figures.ts";

const addresses = 100_000;
const changes = 20;
const figures = new Figures();

/** Single addresses of 11.0.0.0/8, every other one, and every 100th line a range of 2a00::/16: nothing that could be merged. */
const lines = Array.from({ length: addresses }, (_, at) => {
  if (at % 100 === 0) return `2a00:${(at / 50).toString(16)}::/32`;
  return `11.${(at >> 15) & 255}.${(at >> 7) & 255}.${(at & 127) * 2}`;
});

function rule(number: number, text: string, more: Partial<PolicyRule> = {}): PolicyRule {
  const prefix = parsePrefix(text);
  if (prefix === null) throw new Error(text);
  return { ...anyRule, id: String(number), number, destination: { kind: "prefix", prefix }, ...more };
}

const folder = mkdtempSync(join(tmpdir(), "picket-bench-"));
const prober = await Prober.start();
try {
  const store = openStore(join(folder, "picket.sqlite"));
  const fetch = () => Promise.reject(new Error("nothing is fetched"));
  const blocklists = await Blocklists.open({ store, directory: listsFolder(folder), fetch });
  const part = blocklists.newPart();
  writeFileSync(part, lines.join("\n"));
  blocklists.handOver("addresses", false, part);
  while (blocklists.list().some(({ busy }) => busy !== null)) await new Promise((resolve) => setTimeout(resolve, 50));
  const listed = [...blocklists.prefixes()].length;
  if (listed !== addresses) throw new Error(`${listed} prefixes are listed`);

  const maps = new PolicyMaps(prober.programs.maps, { holdTicks: 25, pidNamespace: 1 });
  const numbers = { ...newTarget(), ...target };
  const zones = { loopback: loopbackPrefixes, resolvers: [], local: [] };
  /** Milliseconds until the kernel has these rules. */
  const bring = (rules: readonly PolicyRule[], lists: Lists): number => {
    const began = performance.now();
    maps.apply(compile({ rules, zones, mode: "ask", lists, override: null }, numbers));
    if (maps.leftOut > 0) throw new Error(`${maps.leftOut} entries have no room`);
    return performance.now() - began;
  };
  const lists = new PolicyLists(blocklists);
  figures.note("100,000 listed addresses: first time", bring([], lists), "ms");
  // Every other change is about a listed address itself.
  const times = Array.from({ length: changes }, (_, at) =>
    bring([rule(at + 1, at % 2 === 0 ? `11.0.0.${2 * at + 2}` : `192.0.2.${at}`)], lists),
  );
  figures.note("100,000 listed addresses: a change of the rules, p50", percentile(times, 0.5), "ms", "≤ 10");
  figures.note("100,000 listed addresses: a change of the rules, most", Math.max(...times), "ms");
  const named = rule(changes + 1, "192.0.2.1", { destination: { kind: "host", name: "example.org" } });
  figures.note("100,000 listed addresses: the first rule about a name", bring([named], lists), "ms");
  const keys = prober.programs.maps.hosts.keys(16).length + prober.programs.maps.ranges.keys(20).length;
  if (keys < addresses) throw new Error(`${keys} entries are in the kernel`);

  await blocklists.close();
  store.close();
} finally {
  await prober.stop();
  rmSync(folder, { recursive: true, force: true });
}
figures.finish("listed");
