// What stays on this computer is allowed, also in lockdown. Apps that send by such an address, and mean another place.
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { client } from "../network/clients.ts";
import { Field } from "./field.ts";
import { until } from "./helper-process.ts";

let field: Field;

beforeAll(async () => {
  field = await Field.create();
  field.network.route("wire");
  const anybody = "echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range";
  execFileSync("nsenter", [`--net=/run/netns/${field.network.near}`, "sh", "-c", anybody]);
});

afterAll(() => field.destroy());

const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"];

/** Longer than a packet takes to the far side, milliseconds. */
const underWay = 300;

/** How many packets come to the far side for the address from within the guard, and that some do where nobody is guarded. */
async function arrivals(address: string, ...words: string[]): Promise<number> {
  const { network } = field;
  const command = [...nobody, ...client("astray", ...words)];
  const before = await network.arrivedAt(address);
  const { code, stderr } = await field.run(command);
  expect(code, stderr).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, underWay));
  const after = await network.arrivedAt(address);
  execFileSync("nsenter", [`--net=/run/netns/${network.near}`, ...command]);
  await until("the same from nobody's guard", async () => (await network.arrivedAt(address)) > after);
  return after - before;
}

const led = [
  ["device", "127.0.0.1"],
  ["device", "::1"],
  ["unicast", "127.0.0.1"],
  ["pktinfo", "127.0.0.1"],
  ["connected", "127.0.0.1"],
  ["tcp", "127.0.0.1"],
] as const;

describe.for([false, true])("in lockdown: %s", (locked) => {
  beforeAll(async () => {
    await (await field.helper.client()).call("lockdown", { on: locked });
  });

  test.for(led)("nothing leaves by a device for a loopback address (%s, %s)", async ([way, address]) => {
    expect(await arrivals(address, way, address)).toBe(0);
  });

  test.for(["answer", "echo", "reset"])("the kernel takes nothing elsewhere as its own %s", async (way) => {
    const address = field.network.address(6);
    expect(await arrivals(address, way, address, "::1")).toBe(0);
  });
});

test("what stays on this computer goes on, with such an option as well", async () => {
  const own = `import socket
for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    for device in (b"lo", None):
        server = socket.create_server((address, 0), family=family)
        s = socket.socket(family)
        s.setsockopt(41 if ":" in address else 0, 78 if ":" in address else 15, 1)
        if device: s.setsockopt(socket.SOL_SOCKET, 25, device)
        s.settimeout(5)
        s.connect(server.getsockname())
        s.sendall(b"x")
        print(server.accept()[0].recv(1))`;
  const { stdout, stderr } = await field.run(["/usr/bin/python3", "-c", own]);
  expect(stdout, stderr).toBe("b'x'\n".repeat(4));
});
