// One connection to the system bus for one request: nothing to keep alive, nothing to repair after the bus or who answers restarted.
import { createClient, type MessageBus } from "dbus-native";

/** Fixed: a root process takes no bus address from its environment. */
export const systemBusSocket = "/run/dbus/system_bus_socket";
/** Replies we read are small; the library's own default is 128 MiB. */
const maxMessageBytes = 1 << 20;

/** Runs `work` once the bus knows us. Rejects when all of it takes longer than `patience`, milliseconds, or the bus fails. */
export async function withSystemBus<T>(patience: number, work: (bus: MessageBus) => Promise<T>): Promise<T> {
  const bus = createClient({
    socket: systemBusSocket,
    // The bus knows us by kernel credentials; the other methods read files in $HOME.
    authMethods: ["EXTERNAL"],
    // We say Hello ourselves: when the library's own goes unanswered, it throws where nobody can catch it.
    direct: true,
    timeout: patience,
    maxMessageSize: maxMessageBytes,
  });
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<never>((_, reject) => {
    bus.connection.on("error", reject);
    bus.connection.on("handlerError", reject);
    timer = setTimeout(() => reject(new Error(`no answer over the system bus within ${patience} ms`)), patience);
  });
  const greeted = async (): Promise<T> => {
    await bus.invokeDbus({ member: "Hello" });
    return work(bus);
  };
  try {
    return await Promise.race([failed, greeted()]);
  } finally {
    clearTimeout(timer);
    // Not close(): that waits for the other side. The listeners stay, so that a late error finds one.
    bus.connection.stream.destroy();
  }
}
