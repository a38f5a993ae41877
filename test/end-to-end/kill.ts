// kill -9 of the helper under load, again and again: the body of kill.test.ts and of its long form.
import { expect } from "vitest";
import { client, type TcpResult } from "../network/clients.ts";
import { compiled } from "../network/compiled.ts";
import { type Addresses, type Attempts, type Field, Talker } from "./field.ts";

/** Nobody listens there. */
const port = 9;
/** An undecided connection is answered, and a new one waits, after this many kills. */
const heldFor = 5;

/** A connection to an undecided address. */
interface Waiting {
  address: string;
  talker: Talker;
}

function hold(field: Field, address: string): Waiting {
  return { address, talker: new Talker(field.spawn(client("tcp", address, 80, 600))) };
}

/** What came of the attempts that a rule blocks. `touched`: of how many batches any was not refused. */
type Denied = Pick<Attempts, "made" | "failed"> & { touched: number };

/** Attempts that a rule blocks, all the time. */
async function deny(field: Field, shut: Addresses, going: () => boolean): Promise<Denied> {
  const sum: Denied = { made: 0, failed: 0, touched: 0 };
  while (going()) {
    const kinds = Object.values(await field.attempts(300, shut, port, ["tcp4", "tcp6", "udp4", "udp6"]));
    for (const { made, failed } of kinds) {
      sum.made += made;
      sum.failed += failed;
    }
    if (kinds.some(({ taken }) => taken > 0)) sum.touched++;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return sum;
}

/**
 * `kills` times kill -9 and a new start. In between: what is allowed goes on, what is blocked arrives nowhere, new allowed
 * connections succeed while the helper is dead, what is undecided waits and is answered by a later helper.
 */
export async function expectNothingBreaks(field: Field, kills: number): Promise<{ denied: number; answered: number }> {
  const shut = field.addresses();
  const asked = [field.network.address(4), field.network.address(6)];
  const own = field.network.address(4);
  await field.rules({ shut: [shut.v4, shut.v6], asked: [...asked, own] });
  const app = compiled("knock");
  await (await field.helper.client()).call("rules.add", { app, action: "allow", address: own });
  const goes = async () => expect((await field.run([app, own, "80"])).code, "what one app alone is allowed").toBe(0);
  await goes();
  const before = await field.arrivedAt(shut);
  const steady = await field.steady(2, 40);
  let going = true;
  const denying = deny(field, shut, () => going);
  let answered: number;
  try {
    answered = await killAgainAndAgain(field, kills, asked, goes);
  } finally {
    going = false;
    await denying.catch(() => {});
  }
  const denied = await denying;
  const results = await Promise.all(steady.map((each) => each.end()));
  for (const result of results) {
    expect(result).toMatchObject({ errors: [], lost: 0 });
    // All three kinds of traffic went on.
    for (const count of [result.stream, result.datagrams, result.connections]) expect(count).toBeGreaterThan(kills);
  }
  expect(denied.made).toBeGreaterThan(kills);
  expect(denied.failed).toBe(0);
  // What meets a policy that a helper is writing at its start is held, then blocked (bpf/policy.bpf.h): its app hears nothing of it.
  expect(denied.touched, "batches of blocked attempts that were not all refused").toBeLessThanOrEqual(kills);
  // The counter reads the wire in its own time.
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await field.arrivedAt(shut), "packets of blocked attempts").toBe(before);
  return { denied: denied.made, answered };
}

/**
 * `goes`: an app connects that a rule allows, and of which no helper but the first need have heard. Returns how many undecided
 * connections were answered after `heldFor` helpers.
 */
async function killAgainAndAgain(
  field: Field,
  kills: number,
  asked: string[],
  goes: () => Promise<void>,
): Promise<number> {
  const fresh = field.network.address(4);
  let answered = 0;
  let waiting: Waiting | undefined;
  let arrivedBefore = 0;
  for (let kill = 0; kill < kills; kill++) {
    if (waiting === undefined) {
      const address = asked[answered % 2] as string;
      arrivedBefore = await field.network.arrived("tcp", address, 80);
      waiting = hold(field, address);
      await field.helper.prompt(address);
    }
    await field.helper.signal("SIGKILL");
    // Every tenth time long enough that a whole program runs without a helper.
    if (kill % 10 === 0) {
      const result = JSON.parse((await field.run(client("tcp", fresh, 80, 20))).stdout) as TcpResult;
      expect(result, "a new allowed connection without a helper").toMatchObject({ ok: true, errno: 0 });
      await goes();
    }
    await field.helper.start();
    if (kill % heldFor !== heldFor - 1) continue;
    expect(await field.network.arrived("tcp", waiting.address, 80), "of a held flow").toBe(arrivedBefore);
    const { id } = await field.helper.prompt(waiting.address);
    const action = answered % 3 === 0 ? "block" : "allow";
    await (await field.helper.client()).call("prompts.answer", { id, action, lifetime: "once" });
    const result = await waiting.talker.says<TcpResult>();
    expect(result.ok, `${action} after ${heldFor} kills: ${JSON.stringify(result)}`).toBe(action === "allow");
    answered++;
    waiting = undefined;
  }
  waiting?.talker.kill();
  return answered;
}
