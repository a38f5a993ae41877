// A desktop that shows tray icons, on a bus of its own: the watcher that items register at, and somebody who reads an item and its menu and
// presses what is there (org.kde.StatusNotifierItem, com.canonical.dbusmenu).
import { createClient, type MessageBus } from "dbus-native";
import { until } from "../end-to-end/helper-process.ts";
import { TestBus } from "../helper/stub-network-manager.ts";

const watcher = "org.kde.StatusNotifierWatcher";
const itemInterface = "org.kde.StatusNotifierItem";
const menuInterface = "com.canonical.dbusmenu";
const properties = "org.freedesktop.DBus.Properties";

export type Entry = { id: number; label: string; type: string; enabled: boolean; on: boolean; children: Entry[] };

export class TrayDesktop {
  private readonly bus = new TestBus();
  private reader: MessageBus | undefined;
  private watching: MessageBus | undefined;
  /** Who registered, newest last: the name of its connection and the path of its item. */
  readonly items: { service: string; path: string }[] = [];

  static async start(): Promise<TrayDesktop> {
    const desktop = new TrayDesktop();
    await desktop.bus.start();
    desktop.reader = desktop.connect();
    return desktop;
  }

  get address(): string {
    return `unix:path=${this.bus.socket}`;
  }

  private connect(): MessageBus {
    const connection = createClient({ socket: this.bus.socket, authMethods: ["EXTERNAL"] });
    connection.connection.on("error", () => {});
    return connection;
  }

  /** The panel appears. */
  async show(): Promise<void> {
    const speaker = this.connect();
    this.watching = speaker;
    // Who registers by a path alone is known by the message.
    let sender = "";
    speaker.connection.on("message", (message: { sender?: string; member?: string }) => {
      if (message.member === "RegisterStatusNotifierItem") sender = message.sender ?? "";
    });
    const impl = {
      RegisterStatusNotifierItem: (named: string) => {
        const [service, path] = named.startsWith("/") ? [sender, named] : [named, "/StatusNotifierItem"];
        this.items.push({ service, path });
      },
      RegisterStatusNotifierHost: () => {},
      IsStatusNotifierHostRegistered: true,
      ProtocolVersion: 0,
      RegisteredStatusNotifierItems: [],
    };
    const about = {
      name: watcher,
      methods: { RegisterStatusNotifierItem: ["s", ""], RegisterStatusNotifierHost: ["s", ""] },
      signals: {},
      properties: { IsStatusNotifierHostRegistered: "b", ProtocolVersion: "i", RegisteredStatusNotifierItems: "as" },
    };
    speaker.exportInterface(impl, "/StatusNotifierWatcher", about as never);
    await speaker.requestName(watcher, 0);
  }

  /** The panel is gone. */
  hide(): void {
    this.watching?.connection.stream.destroy();
    this.watching = undefined;
  }

  /** The newest item, once there is one. */
  async item(): Promise<{ service: string; path: string }> {
    return until("an item in the tray", () => this.items.at(-1));
  }

  async property(name: string): Promise<unknown> {
    const { service, path } = await this.item();
    const body = [itemInterface, name];
    const message = { destination: service, path, interface: properties, member: "Get", signature: "ss", body };
    return this.reader?.invoke(message);
  }

  private async callMenu<T>(member: string, signature: string, body: unknown[]): Promise<T> {
    const { service } = await this.item();
    const path = String(await this.property("Menu"));
    return this.reader?.invoke({
      destination: service,
      path,
      interface: menuInterface,
      member,
      signature,
      body,
    }) as Promise<T>;
  }

  /** Everything in the menu. */
  async menu(): Promise<Entry[]> {
    const [, root] = await this.callMenu<[number, unknown]>("GetLayout", "iias", [0, -1, []]);
    return entryOf(root).children;
  }

  /** As `menu`, flat: groups and what is in them. */
  async all(): Promise<Entry[]> {
    const flat = (entries: readonly Entry[]): Entry[] => entries.flatMap((each) => [each, ...flat(each.children)]);
    return flat(await this.menu());
  }

  /** Presses the first entry of that label that can be pressed. */
  async press(label: string): Promise<void> {
    const entry = await until(`"${label}" in the tray's menu`, async () =>
      (await this.all()).find((each) => each.label === label && each.enabled && each.children.length === 0),
    );
    await this.callMenu("Event", "isvu", [entry.id, "clicked", ["s", ""], 0]);
  }

  async stop(): Promise<void> {
    this.hide();
    this.reader?.connection.stream.destroy();
    await this.bus.stop();
  }
}

/** A variant comes as what is in it, or as its kind and that. */
function plainly(value: unknown): unknown {
  if (value !== null && typeof value === "object" && "value" in value)
    return plainly((value as { value: unknown }).value);
  return value;
}

function entryOf(node: unknown): Entry {
  const [id, given, children] = plainly(node) as [number, Record<string, unknown> | [string, unknown][], unknown[]];
  const pairs = Array.isArray(given) ? given : Object.entries(given);
  const about = new Map(pairs.map(([name, value]) => [name, plainly(value)]));
  return {
    id,
    // An underscore marks a key.
    label: String(about.get("label") ?? "").replaceAll("_", ""),
    type: String(about.get("type") ?? "standard"),
    enabled: about.get("enabled") !== false,
    on: about.get("toggle-state") === 1,
    children: (children ?? []).map(entryOf),
  };
}
