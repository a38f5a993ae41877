// One version's helper follows another's, under load: what is blocked stays so at every moment, what is allowed goes on, what waits waits.
import { readdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { joinAppPath } from "../../contract/app-path.ts";
import { abi } from "../../helper/kernel/layout.ts";
import { bpfFileSystem } from "../../helper/kernel/pins.ts";
import { client, python, type StreamResult, type TcpResult } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { guarded, type Ran, slowness, TestHelper, until } from "./helper-process.ts";
import { OtherVersion } from "./other-version.ts";

const own = "helper/main.ts";
/** Each client is an app of its own: the interpreter and its script. */
const appOf = (script: "insist" | "stream"): string =>
  joinAppPath({ executable: realpathSync(python), script: client(script)[1] ?? "" });

let other: OtherVersion;
let helper: TestHelper;
let network: Network;

beforeAll(() => {
  other = new OtherVersion();
});
afterAll(() => other.remove());

beforeEach(async () => {
  helper = new TestHelper();
  network = await createNetwork();
});
afterEach(async () => {
  await helper.stop();
  network.destroy();
});

const last = <T>(ran: Ran): T => JSON.parse(ran.stdout.trim().split("\n").at(-1) ?? "") as T;
const versions = () => readdirSync(join(bpfFileSystem, helper.instance));

async function flowsTo(address: string) {
  const flows = await (await helper.client()).call("flows.list", {});
  return flows.filter(({ endpoint }) => endpoint.address === address);
}

describe.for<[string, () => string, () => string, number]>([
  ["an upgrade", () => other.entry, () => own, abi],
  ["a downgrade", () => own, () => other.entry, abi - 1],
])("%s", { timeout: 240_000 * slowness }, ([, from, to, version]) => {
  test("of a helper that was killed lets nothing through, breaks nothing and forgets nothing", async () => {
    const [blocked, allowed, waiting] = [network.address(4), network.address(4), network.address(4)];
    await helper.start(from());
    const before = versions();
    let api = await helper.client();
    await api.call("rules.add", { app: appOf("insist"), action: "block", address: blocked });
    await api.call("rules.add", { app: appOf("stream"), action: "allow", address: allowed });

    const over = join(helper.directory, "over");
    const insisting = guarded(helper, network.near, client("insist", blocked, 80, 180 * slowness, over));
    const stream = guarded(helper, network.near, client("stream", "tcp", allowed, 7777, 180 * slowness, over));
    const held = guarded(helper, network.near, client("tcp", waiting, 80, 180 * slowness));
    await helper.prompt(waiting);
    await until("the stream", async () => ((await flowsTo(allowed))[0]?.bytesIn ?? 0) > 0);

    await helper.signal("SIGKILL");
    const streamed = await network.arrivedAt(allowed);
    await helper.start(to());
    expect(versions()).toEqual([`v${version}`]);
    expect(before).not.toEqual(versions());
    expect(await network.arrivedAt(allowed)).toBeGreaterThan(streamed);
    expect(await network.arrivedAt(waiting)).toBe(0);

    // Its own retransmission brings it back: held TCP of some seconds has gaps of some seconds.
    const card = await until(
      "the waiting connection's card",
      async () =>
        (await (await helper.client()).call("prompts.list", {})).find(
          ({ state, endpoints }) => state === "held" && endpoints.some(({ address }) => address === waiting),
        ),
      90_000 * slowness,
    );
    expect(await network.arrivedAt(waiting)).toBe(0);
    api = await helper.client();
    await api.call("prompts.answer", { id: card.id, action: "allow", lifetime: "once" });
    expect(last<TcpResult>(await held).ok).toBe(true);

    // Both versions have been in force for a while, and the new one alone.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    writeFileSync(over, "");
    expect(last<StreamResult>(await stream).errno).toBe(0);
    const insisted = last<{ attempts: number; connected: number }>(await insisting);
    expect(insisted.attempts).toBeGreaterThan(100);
    expect(insisted.connected).toBe(0);
    expect(await network.arrivedAt(blocked)).toBe(0);

    // The counter counts, and the new version decides: the same app, allowed.
    await api.call("rules.add", { app: appOf("insist"), action: "allow", address: blocked });
    const now = last<{ connected: number }>(
      await guarded(helper, network.near, client("insist", blocked, 80, 2 * slowness)),
    );
    expect(now.connected).toBeGreaterThan(0);
    expect(await network.arrivedAt(blocked)).toBeGreaterThan(0);
  });
});

describe("a version that cannot start", { timeout: 240_000 * slowness }, () => {
  test("leaves in force what another enforces", async () => {
    const address = network.address(4);
    await helper.start(other.entry);
    await (await helper.client()).call("rules.add", { app: appOf("insist"), action: "block", address });
    const before = versions();
    const over = join(helper.directory, "over");
    const insisting = guarded(helper, network.near, client("insist", address, 80, 180 * slowness, over));
    await until("the first refusals", async () => (await flowsTo(address)).length > 3);
    await helper.signal("SIGKILL");
    const change = (version: number) => {
      const database = new Database(join(helper.state, "picket.sqlite"));
      const was = database.pragma("user_version", { simple: true }) as number;
      database.pragma(`user_version = ${version}`);
      database.close();
      return was;
    };
    const was = change(999);
    await expect(helper.start()).rejects.toThrow(/newer/);
    expect(versions()).toEqual(before);
    change(was);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    writeFileSync(over, "");
    expect(last<{ connected: number }>(await insisting).connected).toBe(0);
    expect(await network.arrivedAt(address)).toBe(0);
    await helper.start();
    expect(versions()).toEqual([`v${abi}`]);
  });
});
