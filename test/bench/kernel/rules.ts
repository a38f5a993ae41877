// Ten thousand rules as people and their apps make them, with the measured client's own among them.
import { join } from "node:path";
import { boottime } from "../../../helper/kernel/libc.ts";
import { openStore } from "../../../helper/store/database.ts";
import { anyMatcher, type NewRule, Rules } from "../../../helper/store/rules.ts";

export const ruleCount = 10_000;
const appCount = 200;

/** Allowed by the client's own rule, below two ranges that other apps' rules made: 32,768 addresses. */
export const known = { first: "198.18.0.1", span: 32_000 } as const;
/** Below more nested ranges than a path holds: the kernel leaves these to the helper, which finds the same rule. */
export const deferred = { first: "198.19.255.1", span: 250 } as const;
/** Blocked for every app. The blocklist is made of it. */
export const blocked = "203.0.113.113";

const nest = Array.from({ length: 9 }, (_, i) => `198.19.${256 - 2 ** i}.0/${24 - i}`);

function rule(app: string | null, rest: Partial<NewRule>): NewRule {
  return { ...anyMatcher, app, action: "allow", direction: "outbound", lifetime: "forever", note: "", ...rest };
}

function* rules(client: string): Generator<NewRule> {
  yield rule(client, {});
  yield rule(null, { action: "block", address: blocked });
  const app = (i: number) => `/usr/bin/app-${i % appCount}`;
  for (const [i, address] of [...nest, "198.18.0.0/16", "198.18.0.0/17"].entries())
    yield rule(app(i), { address, port: 443, protocol: "tcp" });
  for (let i = 0; ; i++) {
    const [a, b, c] = [(i * 37) % 100, (i * 101) % 256, (i * 211) % 256];
    const action = i % 5 === 0 ? "block" : "allow";
    // Of ten: seven about a host, two about a range, one about any destination.
    if (i % 10 < 7)
      yield rule(app(i), { action, address: `${a + 80}.${b}.${c}.${(i % 250) + 1}`, port: 443, protocol: "tcp" });
    else if (i % 10 < 9)
      yield rule(app(i), { action, address: `${a + 80}.${b}.${i % 10 === 7 ? 0 : c}.0/${i % 10 === 7 ? 16 : 24}` });
    else yield rule(app(i), { action, port: (i % 60_000) + 1, protocol: i % 20 === 9 ? "tcp" : "udp" });
  }
}

/** Writes the rules into a helper's database before it starts. `client`: the measured program's path. */
export function writeRules(state: string, client: string): void {
  const store = openStore(join(state, "picket.sqlite"));
  const table = new Rules(store, { boot: "", boottime });
  // In one change: each by itself would be weighed together with all before it.
  table.changes.record(0, () => {
    const source = rules(client);
    for (let stored = table.all().length; stored < ruleCount; stored++) {
      // Two of them may speak of the same: then the newer replaces the older, and there is one more to go.
      if (table.add(source.next().value, 0).replaced !== null) stored--;
    }
  });
  store.close();
}
