// The helper's Unix socket: in a root-owned folder, for root and the users it serves only, known by kernel credentials.
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, unlinkSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { CodedError } from "../../contract/errors.ts";
import type { Topic } from "../../contract/methods.ts";
import { maxReplyBytes } from "../../contract/wire.ts";
import { type Peer, peerOf } from "../kernel/peer.ts";
import { log } from "../log.ts";
import { checkFolder } from "../secure-path.ts";
import { StartError } from "../start-error.ts";
import { Connection, type Handler } from "./connection.ts";
import { Turns } from "./turns.ts";
import { accountOf, type WindowGroup } from "./window-group.ts";

/** Windows, command lines and scripts of one user; more is a leak or an attack. The installed window, whose group is its own, has its own. */
const mostClients = 64;
/** Of all users but root, who always gets in. */
const mostInAll = 512;
/** Bytes that all clients of one user may leave unread. */
const largestBacklog = 2 * maxReplyBytes;
/** Connections that wait to be accepted: a crowd must not keep the next one from waiting. The kernel has its own limit (net.core.somaxconn). */
const mostWaiting = 4096;
/** How long a refused client has to read why, milliseconds. */
const refusalPatience = 1000;

/** Refuses a folder in which anybody but root could replace the socket, or the folder itself. */
function secureFolder(socketPath: string): void {
  mkdirSync(dirname(socketPath), { recursive: true, mode: 0o755 });
  checkFolder(dirname(socketPath));
}

function removeStale(socketPath: string): void {
  if (!existsSync(socketPath)) return;
  if (!lstatSync(socketPath).isSocket()) throw new StartError(`${socketPath} is in the way and is no socket`);
  unlinkSync(socketPath);
}

export class ControlServer {
  private readonly server: Server;
  private readonly path: string;
  /** With their accounts. */
  private readonly clients = new Map<Connection, string>();
  private readonly window: WindowGroup | null;
  private readonly occupied: () => () => void;
  private emptied = () => {};
  private readonly turns = new Turns();
  /** Clients that are being told that they are not served. */
  private readonly refused = new Set<Socket>();

  /**
   * `serves`: uids that may connect besides root. `occupied`: the first client came; it returns what is to be done when the last went. `window`:
   * whose clients have an account of their own.
   */
  constructor(
    path: string,
    serves: (uid: number) => boolean,
    handle: Handler,
    occupied: () => () => void = () => () => {},
    window: WindowGroup | null = null,
  ) {
    this.path = path;
    this.window = window;
    this.occupied = occupied;
    this.server = createServer((socket) => this.accept(socket, serves, handle));
  }

  async listen(): Promise<void> {
    secureFolder(this.path);
    removeStale(this.path);
    // Nobody may connect between bind and chmod.
    const before = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        this.server.once("error", reject);
        this.server.listen({ path: this.path, backlog: mostWaiting }, resolve);
      });
    } finally {
      process.umask(before);
    }
    chownSync(this.path, 0, 0);
    // Credentials decide, not the mode.
    chmodSync(this.path, 0o666);
  }

  private accept(socket: Socket, serves: (uid: number) => boolean, handle: Handler): void {
    let peer: Peer;
    try {
      peer = peerOf(socket);
    } catch (error) {
      log("error", "a client without credentials was refused", { error: String(error) });
      socket.destroy();
      return;
    }
    const strange = peer.uid !== 0 && !serves(peer.uid);
    const account = accountOf(peer, this.window);
    if (strange || this.isFull(peer, account)) {
      this.refuse(
        socket,
        strange ? new CodedError("not_permitted", `uid ${peer.uid}`) : new CodedError("too_many_clients"),
      );
      return;
    }
    const client = new Connection(socket, peer, handle, {
      turn: () => this.turns.take(account),
      isTooMuch: () => this.unreadBy(account) > largestBacklog,
    });
    if (this.clients.size === 0) this.emptied = this.occupied();
    this.clients.set(client, account);
    socket.on("close", () => {
      this.clients.delete(client);
      if (this.clients.size === 0) this.emptied();
    });
  }

  private isFull({ uid }: Peer, account: string): boolean {
    const alike = this.count((_, own) => own === account);
    return alike >= mostClients || (uid !== 0 && this.count(({ peer }) => peer.uid !== 0) >= mostInAll);
  }

  private count(test: (client: Connection, account: string) => boolean): number {
    let count = 0;
    for (const [client, account] of this.clients) if (test(client, account)) count++;
    return count;
  }

  private unreadBy(account: string): number {
    let bytes = 0;
    for (const [{ backlog }, own] of this.clients) if (own === account) bytes += backlog;
    return bytes;
  }

  /** Clients that are connected. */
  get connected(): Iterable<Connection> {
    return this.clients.keys();
  }

  /** Says why and closes, also on a stranger that stays or whose words nobody reads: it would keep the descriptor. */
  private refuse(socket: Socket, error: CodedError): void {
    socket.on("error", () => {});
    if (this.refused.size >= mostClients) {
      socket.destroy();
      return;
    }
    this.refused.add(socket);
    const patience = setTimeout(() => socket.destroy(), refusalPatience);
    socket.on("close", () => {
      clearTimeout(patience);
      this.refused.delete(socket);
    });
    socket.resume();
    socket.end(`${JSON.stringify({ id: null, error: { code: error.code, message: error.message } })}\n`);
  }

  /** Whether anybody wants the topic: nothing is prepared for nobody. */
  isWatched(topic: Topic): boolean {
    for (const client of this.clients.keys()) if (client.topics.has(topic)) return true;
    return false;
  }

  /** `tailored`: what of it a client is told; null: nothing. */
  event(topic: Topic, tailored: (client: Connection) => unknown): void {
    for (const client of this.clients.keys()) {
      if (!client.topics.has(topic)) continue;
      const data = tailored(client);
      if (data !== null) client.event(topic, data);
    }
  }

  async close(): Promise<void> {
    for (const client of this.clients.keys()) client.socket.destroy();
    for (const socket of this.refused) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
