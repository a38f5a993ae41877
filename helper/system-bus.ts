// One connection over D-Bus for one request: nothing to keep alive, nothing to repair after the bus or who answers restarted.
import type { Duplex } from "node:stream";
import { createClient, type MessageBus } from "dbus-native";
import { connectToBus, maxMessageBytes } from "./bus-socket.ts";

/** Fixed: a root process takes no bus address from its environment. */
export const systemBusSocket = "/run/dbus/system_bus_socket";

/** Runs `work` once the bus knows us. Rejects when all of it takes longer than `patience`, milliseconds, or the bus fails. */
export function withSystemBus<T>(
  patience: number,
  work: (bus: MessageBus) => Promise<T>,
  socket = systemBusSocket,
): Promise<T> {
  return withPeer(connectToBus(socket), patience, async (bus) => {
    await bus.invokeDbus({ member: "Hello" });
    return work(bus);
  });
}

/** The same with whoever is at the other end, without a bus between. The stream is ended. */
export async function withPeer<T>(
  stream: Duplex,
  patience: number,
  work: (peer: MessageBus) => Promise<T>,
): Promise<T> {
  const peer = createClient({
    stream,
    // We are known by kernel credentials; the other methods read files in $HOME.
    authMethods: ["EXTERNAL"],
    // Whoever is a bus gets our own Hello: when the library's goes unanswered, it throws where nobody can catch it.
    direct: true,
    timeout: patience,
    maxMessageSize: maxMessageBytes,
  });
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<never>((_, reject) => {
    peer.connection.on("error", reject);
    peer.connection.on("handlerError", reject);
    timer = setTimeout(() => reject(new Error(`no answer over D-Bus within ${patience} ms`)), patience);
  });
  try {
    return await Promise.race([failed, work(peer)]);
  } finally {
    clearTimeout(timer);
    // Not close(): that waits for the other side. The listeners stay, so that a late error finds one.
    peer.connection.stream.destroy();
  }
}
