// A connection to one of the desktop's two message buses. Everything the shell says over D-Bus goes through here; without a bus it does without.
import { createClient, type Message, type MessageBus } from "dbus-native";

/** How long a reply may take, ms. */
const patience = 5000;
/** What we read is small; the library's own default is 128 MiB. */
const maxMessageBytes = 1 << 20;

export type Signal = (message: Message) => void;

export class Bus {
  private readonly bus: MessageBus;
  private readonly hearers = new Set<Signal>();
  /** What the bus calls this connection. */
  readonly uniqueName: string;

  /** Null where there is no such bus. `lost`: it went away, or speaks nonsense. */
  static async open(address: string | undefined, lost: () => void): Promise<Bus | null> {
    if (address === undefined || !isSocket(address)) return null;
    try {
      // The library's own Hello throws where nobody can catch it.
      const bus = createClient({
        busAddress: address,
        authMethods: ["EXTERNAL"],
        direct: true,
        timeout: patience,
        maxMessageSize: maxMessageBytes,
      });
      const ended = (): void => {
        bus.connection.stream.destroy();
        lost();
      };
      for (const event of ["error", "handlerError", "end"] as const) bus.connection.on(event, ended);
      return new Bus(bus, await bus.invokeDbus<string>({ member: "Hello" }));
    } catch {
      return null;
    }
  }

  private constructor(bus: MessageBus, uniqueName: string) {
    this.bus = bus;
    this.uniqueName = uniqueName;
    bus.connection.on("message", (message: Message) => {
      if (message.type === signalType) for (const hear of this.hearers) hear(message);
    });
  }

  /** `match`: a match rule without its type; `hear` gets every signal of this connection, once, and looks for itself whose it is. */
  async listen(match: string, hear: Signal): Promise<void> {
    this.hearers.add(hear);
    await this.bus.addMatch(`type='signal',${match}`);
  }

  /** Whether somebody is there who would answer; a call alone could start them. */
  async isThere(service: string): Promise<boolean> {
    return this.bus.invokeDbus<boolean>({ member: "NameHasOwner", signature: "s", body: [service] });
  }

  /** The name that the bus gave a service's owner: what its signals come from. */
  async ownerOf(service: string): Promise<string> {
    return this.bus.invokeDbus<string>({ member: "GetNameOwner", signature: "s", body: [service] });
  }

  async call<T>(message: Message): Promise<T> {
    return this.bus.invoke<T>(message);
  }

  async property(destination: string, path: string, owner: string, name: string): Promise<unknown> {
    const body = [owner, name];
    return this.call({ destination, path, interface: propertiesInterface, member: "Get", signature: "ss", body });
  }

  close(): void {
    this.bus.connection.stream.destroy();
  }
}

const propertiesInterface = "org.freedesktop.DBus.Properties";
const signalType = 4;

/** Addresses of both buses, as this process's environment has them (D-Bus specification, "Well-known Message Bus Instances"). */
export function busAddress(which: "session" | "system", env: NodeJS.ProcessEnv): string | undefined {
  if (which === "system") return env.DBUS_SYSTEM_BUS_ADDRESS || "unix:path=/run/dbus/system_bus_socket";
  if (env.DBUS_SESSION_BUS_ADDRESS) return env.DBUS_SESSION_BUS_ADDRESS;
  return env.XDG_RUNTIME_DIR ? `unix:path=${env.XDG_RUNTIME_DIR}/bus` : undefined;
}

/** Other kinds of addresses have a program run (unixexec, which the library knows too), or somebody else say what the address is. */
export function isSocket(address: string): boolean {
  return address.split(";").every((each) => each.startsWith("unix:"));
}
