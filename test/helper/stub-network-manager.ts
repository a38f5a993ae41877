// A bus of its own and somebody on it who says what NetworkManager would: for wireless networks and VPNs, which no test machine has.
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, type MessageBus } from "dbus-native";
import { until } from "../end-to-end/helper-process.ts";

const name = "org.freedesktop.NetworkManager";
const configuration = (
  socket: string,
) => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`;

/** By object path and interface, what its properties are. Interfaces are NetworkManager's, "" its own. */
export type Objects = Record<string, Record<string, Record<string, [signature: string, value: unknown]>>>;

export class TestBus {
  readonly socket: string;
  private readonly folder = mkdtempSync(join(tmpdir(), "picket-bus-"));
  private daemon: ChildProcess | undefined;
  private readonly open: MessageBus[] = [];

  constructor() {
    this.socket = join(this.folder, "bus");
  }

  async start(): Promise<void> {
    const file = join(this.folder, "bus.conf");
    writeFileSync(file, configuration(this.socket));
    const daemon = spawn("dbus-daemon", [`--config-file=${file}`, "--nofork", "--nopidfile", "--print-address"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.daemon = daemon;
    await new Promise((resolve) => daemon.stdout?.once("data", resolve));
  }

  /** Whoever runs as somebody else finds it too. */
  openToOthers(): void {
    chmodSync(this.folder, 0o755);
  }

  /** Somebody else on the bus, whose signals go to each of the others by their own names. Resolves when the bus has passed them on. */
  async stranger(): Promise<(member: string, text: string) => Promise<void>> {
    const bus = createClient({ socket: this.socket, authMethods: ["EXTERNAL"] });
    this.open.push(bus);
    bus.connection.on("error", () => {});
    const names = await bus.invokeDbus<string[]>({ member: "ListNames" });
    const others = names.filter((each) => each.startsWith(":") && each !== bus.name);
    return async (member, text) => {
      for (const destination of others)
        bus.connection.message({
          ...{ type: 4, serial: 1, destination, path: "/", interface: "a.b", member },
          ...{ signature: "s", body: [text] },
        });
      await bus.invokeDbus({ member: "GetId" });
    };
  }

  /** Speaks as NetworkManager from now on; `say` replaces what it says and tells of it, `leave` ends it. `asked`: how many calls it had. */
  async networkManager(objects: Objects) {
    const bus = createClient({ socket: this.socket, authMethods: ["EXTERNAL"] });
    this.open.push(bus);
    bus.connection.on("error", () => {});
    let asked = 0;
    bus.connection.on("message", ({ type }) => {
      if (type === 1) asked++;
    });
    const serve = (all: Objects) => {
      for (const [path, interfaces] of Object.entries(all)) {
        for (const [short, properties] of Object.entries(interfaces)) {
          const each = Object.entries(properties);
          const values = Object.fromEntries(each.map(([property, [, value]]) => [property, value]));
          const signatures = Object.fromEntries(each.map(([property, [signature]]) => [property, signature]));
          const owner = short === "" ? name : `${name}.${short}`;
          bus.exportInterface(values, path, { name: owner, methods: {}, signals: {}, properties: signatures });
        }
      }
    };
    serve(objects);
    await bus.requestName(name, 0);
    return {
      say(next: Objects): void {
        serve(next);
        const path = "/org/freedesktop/NetworkManager";
        bus.sendSignal(path, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", [name, [], []]);
      },
      asked: () => asked,
      leave: () => bus.connection.stream.destroy(),
    };
  }

  async stop(): Promise<void> {
    for (const bus of this.open.splice(0)) bus.connection.stream.destroy();
    const { daemon } = this;
    this.daemon = undefined;
    if (daemon !== undefined) {
      daemon.kill("SIGTERM");
      await until("the bus's end", () => daemon.exitCode !== null || daemon.signalCode !== null);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
