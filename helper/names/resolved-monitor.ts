// What systemd-resolved looks up for its clients (varlink, io.systemd.Resolve.Monitor, systemd 252): for apps that ask it by nss-resolve
// or D-Bus, past every socket that the kernel programs see. It does not say who asked.
import { lstatSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { dirname } from "node:path";
import * as v from "valibot";
import { parsed } from "./byte-reader.ts";
import { type Answer, parseDns } from "./dns.ts";

export const monitorSocket = "/run/systemd/resolve/io.systemd.Resolve.Monitor";
/** Between two attempts to reach it, milliseconds. */
const pace = { first: 500, longest: 30_000 } as const;
/** One message; resolved's own are some kilobytes. */
const mostBytes = 256 * 1024;
/** System users are below (systemd, SYSTEM_UID_MAX; login.defs, SYS_UID_MAX): resolved runs as one. */
const firstPerson = 1000;
const subscribe = JSON.stringify({ method: "io.systemd.Resolve.Monitor.SubscribeQueryResults", more: true });

const replySchema = v.object({
  parameters: v.object({
    state: v.literal("success"),
    question: v.array(v.object({ class: v.number(), type: v.number(), name: v.string() })),
    answer: v.array(v.object({ raw: v.string() })),
  }),
});

export type MonitorState = "absent" | "connecting" | "subscribed" | "refused";

export class ResolvedMonitor {
  state: MonitorState = "absent";
  private readonly path: string;
  private readonly heard: (answer: Answer) => void;
  private socket: Socket | undefined;
  private timer: NodeJS.Timeout | undefined;
  private wait: number = pace.first;
  private closed = false;

  /** Connects, again and again while there is nobody. `heard` must not throw. */
  constructor(path: string, heard: (answer: Answer) => void) {
    this.path = path;
    this.heard = heard;
    this.connect();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket?.destroy();
  }

  private connect(): void {
    if (!isSystems(this.path)) {
      this.later("absent");
      return;
    }
    this.state = "connecting";
    const socket = connect(this.path);
    this.socket = socket;
    let rest = Buffer.alloc(0);
    socket.unref();
    socket.once("connect", () => void socket.write(`${subscribe}\0`));
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
        this.read(rest.toString("utf8", 0, end));
        rest = rest.subarray(end + 1);
      }
      if (rest.length > mostBytes) socket.destroy();
    });
    // "close" follows.
    socket.on("error", () => {});
    socket.once("close", () => this.later(this.state === "refused" ? "refused" : "absent"));
  }

  private later(state: MonitorState): void {
    this.state = state;
    if (this.closed) return;
    this.timer = setTimeout(() => this.connect(), this.wait);
    this.timer.unref();
    this.wait = Math.min(pace.longest, this.wait * 2);
  }

  private read(text: string): void {
    const message: unknown = parsed(() => JSON.parse(text));
    // An older resolved has no such method; a busy one may end the subscription.
    if (message !== null && typeof message === "object" && "error" in message) {
      this.state = "refused";
      this.socket?.destroy();
      return;
    }
    this.state = "subscribed";
    this.wait = pace.first;
    for (const answer of answersOf(message)) this.heard(answer);
  }
}

/** The answers that one reply of the monitor tells of; none for anything else. Throws nothing. */
export function answersOf(message: unknown): Answer[] {
  const reply = v.safeParse(replySchema, message);
  if (!reply.success) return [];
  const { question, answer } = reply.output.parameters;
  return question.flatMap((key) => {
    // The records are as on the wire: with the question before them they are a message like any other.
    const found = parsed(() =>
      parseDns(
        asMessage(
          key,
          answer.map(({ raw }) => raw),
        ),
      ),
    );
    return found !== null && "answer" in found ? [found.answer] : [];
  });
}

type Key = { class: number; type: number; name: string };

/** Throws RangeError for numbers and names that do not fit. */
function asMessage(key: Key, records: string[]): Buffer {
  const labels = key.name.replace(/\.$/, "").split(".");
  if (key.name.includes("\\") || labels.some((label) => label.length === 0 || label.length > 63))
    throw new RangeError("not a host's name");
  const header = Buffer.alloc(12);
  header.writeUInt16BE(0x8000, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  const numbers = Buffer.alloc(4);
  numbers.writeUInt16BE(key.type, 0);
  numbers.writeUInt16BE(key.class, 2);
  const name = labels.flatMap((label) => [Buffer.from([Buffer.byteLength(label)]), Buffer.from(label)]);
  return Buffer.concat([
    header,
    ...name,
    Buffer.from([0]),
    numbers,
    ...records.map((raw) => Buffer.from(raw, "base64")),
  ]);
}

/** Whether the socket is where only root and the system's own users can put one. */
function isSystems(path: string): boolean {
  try {
    const [folder, socket] = [lstatSync(dirname(path)), lstatSync(path)];
    if (!folder.isDirectory() || !socket.isSocket()) return false;
    return folder.uid < firstPerson && socket.uid < firstPerson && (folder.mode & 0o022) === 0;
  } catch {
    return false;
  }
}
