// Which networks this computer is in, as NetworkManager tells over the system bus: read anew whenever it says that something changed.
import { existsSync, readFileSync } from "node:fs";
import { createClient, DBusError, type MessageBus } from "dbus-native";
import type { NetworkKind } from "../contract/history.ts";
import type { Networks } from "../contract/words.ts";
import { connectToBus, maxMessageBytes } from "./bus-socket.ts";
import { log } from "./log.ts";
import { nextRound } from "./rounds.ts";
import type { StoredNetwork } from "./store/history-keys.ts";
import { systemBusSocket } from "./system-bus.ts";

/** The longest one call may take, milliseconds. */
const patience = 10_000;
/** NetworkManager tells much at once when a network changes; it is read so long after the first word, milliseconds. */
const settling = 200;
/** How soon a bus that is not there, or has gone, is looked for again, milliseconds. */
const lookAgain = 10_000;
/** The kernel learns a router's hardware address with the first packet to it: looked at again so soon, at first and later, milliseconds. */
const arpPace = { first: 2000, later: lookAgain } as const;
const firstLooks = 5;

const service = "org.freedesktop.NetworkManager";
const root = "/org/freedesktop/NetworkManager";
/** NM_ACTIVE_CONNECTION_STATE_ACTIVATED */
const activated = 2;
const none = "/";
const busItself = "org.freedesktop.DBus";
/** NM_METERED_YES, NM_METERED_GUESS_YES */
const meteredYes = [1, 3];
const kinds: Record<string, NetworkKind> = {
  "802-3-ethernet": "ethernet",
  "802-11-wireless": "wifi",
  gsm: "mobile",
  cdma: "mobile",
  bluetooth: "mobile",
  vpn: "vpn",
  wireguard: "vpn",
};

/** IPv4 only: the kernel has no such file for IPv6. */
export function hardwareAddresses(arp: string): Map<string, string> {
  const found = arp
    .split("\n")
    .slice(1)
    .map((line) => line.split(/\s+/))
    .filter(([, , flags, mac]) => (Number(flags) & 2) !== 0 && mac !== "00:00:00:00:00:00");
  return new Map(found.map(([address = "", , , mac = ""]) => [address, mac.toLowerCase()]));
}

class Reader {
  private readonly bus: MessageBus;
  constructor(bus: MessageBus) {
    this.bus = bus;
  }

  async networks(): Promise<Networks> {
    const active = (await this.get(root, service, "ActiveConnections")) as string[];
    const each = await Promise.all(active.map((path) => this.connection(path)));
    const arp = hardwareAddresses(readFileSync("/proc/net/arp", "latin1"));
    const addresses = [...new Set(each.flatMap(({ gateways }) => gateways))].sort();
    return {
      ssids: [...new Set(each.flatMap(({ ssids }) => ssids))].sort(),
      gateways: addresses.map((address) => ({ address, mac: arp.get(address) ?? null })),
      vpn: each.some(({ vpn }) => vpn),
    };
  }

  /** The connection that leads to the internet; below a VPN, the one that the VPN uses. */
  async primary(): Promise<StoredNetwork | null> {
    try {
      const path = String(await this.get(root, service, "PrimaryConnection"));
      if (path === none) return null;
      const of = (name: string) => this.get(path, `${service}.Connection.Active`, name);
      const [id, uuid, type] = (await Promise.all([of("Id"), of("Uuid"), of("Type")])).map(String) as [
        string,
        string,
        string,
      ];
      const metered = Number(await this.get(root, service, "Metered"));
      return { key: uuid, name: id, kind: kinds[type] ?? "other", metered: meteredYes.includes(metered) };
    } catch {
      return null; // it went meanwhile, and NetworkManager will say so
    }
  }

  private async connection(path: string): Promise<{ ssids: string[]; gateways: string[]; vpn: boolean }> {
    const nothing = { ssids: [], gateways: [], vpn: false };
    const of = (name: string) => this.get(path, `${service}.Connection.Active`, name);
    try {
      if ((await of("State")) !== activated) return nothing;
      const type = await of("Type");
      // What a VPN's server calls its router proves nothing about where this computer is.
      if ((await of("Vpn")) === true || type === "vpn" || type === "wireguard") return { ...nothing, vpn: true };
      const point = type === "802-11-wireless" ? String(await of("SpecificObject")) : none;
      const ssid = point === none ? null : await this.get(point, `${service}.AccessPoint`, "Ssid");
      const gateways = await Promise.all(
        (["IP4Config", "IP6Config"] as const).map(async (kind) => {
          const config = String(await of(kind === "IP4Config" ? "Ip4Config" : "Ip6Config"));
          return config === none ? "" : String(await this.get(config, `${service}.${kind}`, "Gateway"));
        }),
      );
      return {
        ssids: Buffer.isBuffer(ssid) ? [ssid.toString("utf8")] : [],
        gateways: gateways.filter((gateway) => gateway !== ""),
        vpn: false,
      };
    } catch {
      return nothing; // it went meanwhile, and NetworkManager will say so
    }
  }

  private get(path: string, owner: string, name: string): PromiseLike<unknown> {
    return this.bus.invoke<unknown>({
      destination: service,
      path,
      interface: "org.freedesktop.DBus.Properties",
      member: "Get",
      signature: "ss",
      body: [owner, name],
    });
  }
}

async function ownerOf(bus: MessageBus): Promise<string | null> {
  try {
    return await bus.invokeDbus<string>({ member: "GetNameOwner", signature: "s", body: [service] });
  } catch (error) {
    if (error instanceof DBusError && error.dbusName === `${busItself}.Error.NameHasNoOwner`) return null;
    throw error;
  }
}

interface Found {
  readonly networks: Networks | null;
  /** Null also where there is no way to the internet. */
  readonly primary: StoredNetwork | null;
}

export class NetworkWatch {
  private readonly told: (networks: Networks | null, primary: StoredNetwork | null) => void;
  private readonly socket: string;
  private bus: MessageBus | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** When it looks next, by performance.now(). */
  private due = Number.POSITIVE_INFINITY;
  /** The unique name whose words count; null where NetworkManager does not run. */
  private manager: string | null = null;
  /** Whether what was told was read over this connection. */
  private read = false;
  private last: string | undefined;
  private looks = 0;
  private closed = false;

  /** `told`: at first, and whenever it changed; null where NetworkManager does not run. */
  constructor(told: (networks: Networks | null, primary: StoredNetwork | null) => void, socket = systemBusSocket) {
    this.told = told;
    this.socket = socket;
    this.connect();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.bus?.connection.stream.destroy();
  }

  private connect(): void {
    // Computers without a bus are asked for one again and again: a look is cheaper than a client.
    if (!existsSync(this.socket)) {
      this.lookLater();
      return;
    }
    this.due = Number.POSITIVE_INFINITY;
    this.read = false;
    const bus = createClient({
      stream: connectToBus(this.socket),
      authMethods: ["EXTERNAL"],
      // As in helper/guard/systemd.ts: the library's own Hello throws where nobody can catch it.
      direct: true,
      timeout: patience,
      maxMessageSize: maxMessageBytes,
    });
    this.bus = bus;
    const lost = () => this.lose(bus);
    for (const event of ["error", "handlerError", "end"] as const) bus.connection.on(event, lost);
    this.follow(bus).catch(lost);
  }

  private async follow(bus: MessageBus): Promise<void> {
    await bus.invokeDbus({ member: "Hello" });
    // Anybody on the bus may send us anything. What is said is not believed but read, and read when those say so whose word it is.
    bus.connection.on("message", ({ sender, member }) => {
      const heard = sender === this.manager && member === "PropertiesChanged";
      if (heard || (sender === busItself && member === "NameOwnerChanged")) this.soon(bus);
    });
    await bus.addMatch(`type='signal',sender='${service}',path_namespace='${root}',member='PropertiesChanged'`);
    await bus.addMatch(`type='signal',sender='${busItself}',member='NameOwnerChanged',arg0='${service}'`);
    await this.look(bus);
  }

  private lose(bus: MessageBus): void {
    if (this.closed || this.bus !== bus) return;
    this.bus = undefined;
    bus.connection.stream.destroy();
    // Once is no sign that the networks are others: what was told counts until a new connection could not be made either.
    if (this.read) this.connectIn(setTimeout(() => this.connect(), settling));
    else this.lookLater();
  }

  private lookLater(): void {
    this.tell({ networks: null, primary: null });
    this.connectIn(nextRound(lookAgain, () => this.connect()));
  }

  private connectIn(timer: NodeJS.Timeout): void {
    clearTimeout(this.timer);
    this.timer = timer.unref();
  }

  private soon(bus: MessageBus, wait = settling): void {
    if (this.closed || this.bus !== bus) return;
    if (wait === settling) this.looks = 0;
    const due = performance.now() + wait;
    // Whoever goes on talking puts nothing off.
    if (due >= this.due) return;
    this.due = due;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(bus), wait).unref();
  }

  private async look(bus: MessageBus): Promise<void> {
    this.due = Number.POSITIVE_INFINITY;
    try {
      const found = await this.find(bus);
      if (this.closed || this.bus !== bus) return;
      this.read = true;
      this.tell(found);
      const { networks } = found;
      const owed = networks?.gateways.some(({ address, mac }) => mac === null && !address.includes(":"));
      if (owed) this.soon(bus, this.looks++ < firstLooks ? arpPace.first : arpPace.later);
    } catch (error) {
      log("warn", "NetworkManager could not be asked", { error: String(error) });
      this.lose(bus);
    }
  }

  private async find(bus: MessageBus): Promise<Found> {
    // Asked first: a call by the name alone would start it where the bus can.
    this.manager = await ownerOf(bus);
    if (this.manager === null) return { networks: null, primary: null };
    const reader = new Reader(bus);
    return { networks: await reader.networks(), primary: await reader.primary() };
  }

  private tell(found: Found): void {
    const text = JSON.stringify(found);
    if (text === this.last) return;
    this.last = text;
    this.told(found.networks, found.primary);
  }
}
