// The live example's own process: goes where new connections are asked about, calls one place, says how that went, and is ended. It is a process
// of its own so that nothing of the window waits with the held connection.
import { readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { HelperClient } from "../../client/client.ts";

export type Errand = { socketPath: string; address: string; port: number; guarded: readonly string[] };
/** `connected`: it got through. `ended`: it did not, by the kernel's code. `lost`: it never came so far. */
export type Report =
  | { how: "calling" | "connected" }
  | { how: "ended"; code: string }
  | { how: "lost"; detail: string };

/** Whether a process in this cgroup, a path below the mount, is in one of the guarded ones. */
export function isGuarded(cgroup: string, guarded: readonly string[]): boolean {
  return guarded.some((each) => `${cgroup}/`.startsWith(`/${each.replace(/^\//, "")}/`));
}

function ownCgroup(): string {
  return /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? "/";
}

async function run({ socketPath, address, port, guarded }: Errand): Promise<Report> {
  if (!isGuarded(ownCgroup(), guarded)) {
    const helper = await HelperClient.connect(socketPath, "example");
    await helper.call("run.enter", { name: "example" });
    helper.close();
  }
  process.parentPort.postMessage({ how: "calling" } satisfies Report);
  return new Promise((resolve) => {
    const socket = createConnection({ host: address, port });
    socket.once("connect", () => resolve({ how: "connected" }));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve({ how: "ended", code: error.code ?? "" }));
  });
}

// Absent where a test reads this file.
process.parentPort?.once("message", ({ data }: { data: Errand }) => {
  run(data)
    .catch((error: unknown): Report => ({ how: "lost", detail: String(error) }))
    .then((report) => process.parentPort.postMessage(report));
});
