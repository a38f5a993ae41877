// A real DNS server (dnsmasq) on a loopback address of its own, with a few hosts that every test may ask for.
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { encode } from "dns-packet";

/** What it knows: names to addresses; aliases to names. Lifetimes are 300 s unless told. */
export const zone = {
  "plain.example": ["198.51.100.7", "2001:db8:7::7"],
  "real.cdn.example": ["198.51.100.8"],
  "brief.example": ["198.51.100.9"],
  "modern.example": ["198.51.100.10"],
  "xn--bcher-kva.example": ["198.51.100.11"],
} as const;
const aliases = { "shop.example": "edge.cdn.example", "edge.cdn.example": "real.cdn.example" };
/** HTTPS record of modern.example: priority 1, itself, alpn h2, ipv4hint 198.51.100.12. */
const https = "0001" + "00" + "00010003026832" + "00040004c633640c";

/** HTTPS record of hidden.example: its clients may encrypt the name they mean and show "public.example" (ECHConfigList, RFC 9849). */
const publicName = Buffer.from("public.example").toString("hex");
const contents = `010020${"0020"}${"ab".repeat(32)}${"0004"}${"00010001"}${"00"}0e${publicName}0000`;
const config = `fe0d${(contents.length / 2).toString(16).padStart(4, "0")}${contents}`;
const list = `${(config.length / 2).toString(16).padStart(4, "0")}${config}`;
const hiding = `0001${"00"}0005${(list.length / 2).toString(16).padStart(4, "0")}${list}`;

/** A loopback address that no other test uses. */
export function ownLoopback(): string {
  return `127.${randomInt(10, 250)}.${randomInt(1, 250)}.${randomInt(2, 250)}`;
}

export class DnsServer {
  readonly address: string;
  private readonly child: ChildProcess;

  private constructor(address: string, child: ChildProcess) {
    this.address = address;
    this.child = child;
  }

  /** `within`: a command that starts it, in another namespace. `more`: further names to addresses, `moreAliases` to names. */
  static async start(
    address = ownLoopback(),
    within: string[] = [],
    more: Record<string, string[]> = {},
    moreAliases: Record<string, string> = {},
  ): Promise<DnsServer> {
    const records = [
      ...Object.entries({ ...zone, ...more }).map(([name, addresses]) => {
        return `--host-record=${[name, ...addresses, ...(name === "brief.example" ? ["1"] : [])].join(",")}`;
      }),
      ...Object.entries({ ...aliases, ...moreAliases }).map(([alias, name]) => `--cname=${alias},${name}`),
      `--dns-rr=hidden.example,65,${hiding}`,
      `--dns-rr=modern.example,65,${https}`,
      // Forty addresses: too large for a datagram of old.
      ...Array.from({ length: 40 }, (_, at) => `--host-record=large.example,203.0.113.${at + 1}`),
    ];
    const options = [
      "--keep-in-foreground",
      "--log-facility=-",
      "--conf-file=/dev/null",
      "--no-resolv",
      "--no-hosts",
      "--user=root",
    ];
    const listen = [`--listen-address=${address}`, "--bind-interfaces", "--pid-file=", "--local-ttl=300"];
    const [command = "", ...words] = [...within, "dnsmasq", ...options, ...listen, ...records];
    const child = spawn(command, words, { stdio: ["ignore", "ignore", "pipe"] });
    const server = new DnsServer(address, child);
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    for (let tries = 0; !said.includes("started"); tries++) {
      if (tries > 400 || child.exitCode !== null) throw new Error(`dnsmasq did not start: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    return server;
  }

  /** The answer's bytes as they came. */
  async ask(name: string, type: string | number, id = randomInt(65536)): Promise<Buffer> {
    const socket = createSocket("udp4");
    try {
      socket.send(question(name, type, id), 53, this.address);
      const [answer] = await once(socket, "message", { signal: AbortSignal.timeout(10_000) });
      return answer as Buffer;
    } finally {
      socket.close();
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGKILL");
    await once(this.child, "exit");
  }
}

/** A query's bytes. */
export function question(name: string, type: string | number, id: number): Buffer {
  const text = typeof type === "number" ? `UNKNOWN_${type}` : type;
  return encode({ type: "query", id, flags: 0x100, questions: [{ type: text as "A", name }] });
}
