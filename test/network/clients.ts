// The test clients in clients/, as commands, and the shapes of what they print.
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { joinAppPath } from "../../contract/app-path.ts";

export interface TcpResult {
  ok: boolean;
  /** 0: connected; -1: timed out. */
  errno: number;
  ms: number;
  rttMs: number;
  window: number;
  /** When connect() returned, milliseconds since 1970. */
  at: number;
}

export interface UdpResult {
  connectErrno: number;
  sendErrnos: number[];
  errno: number;
  replies: number[];
  ms: number;
}

/** The last line of stream.py. */
export interface StreamResult {
  /** 0: its time was over, or the other side ended it. */
  errno: number;
  ms: number;
  echoes: number;
}

/** What caller.py prints. */
export interface CallResult {
  /** 0: connected, and every word came back; -1: nothing came. */
  errno: number;
  ms: number;
  /** When connect() returned or the first datagram came back, milliseconds since 1970. */
  at?: number;
  rttMs: number;
  replies: string[];
}

export interface DressedResult {
  /** 0: answered; -1: no answer in time. */
  errno: number;
  /** Who answered. */
  peer: string | null;
  /** Datagrams that were sent until an answer came; 1 for TCP. */
  sent: number;
  /** What getsockopt says of IP_RECVERR. */
  errors: number;
  ms: number;
  at: number;
}

/** The system's own interpreter: behind a version manager's shim the app would be a shell script. */
export const python = "/usr/bin/python3";

type ClientName =
  | ("tcp" | "udp" | "two-remotes" | "many" | "awkward" | "stream" | "insist" | "listener" | "caller")
  | ("steady" | "programs" | "dressed" | "reach" | "session" | "bulk" | "descriptors")
  | ("routed-ping" | "flood" | "older-full" | "turns" | "datagrams" | "astray");

function script(name: ClientName): string {
  return join(import.meta.dirname, "clients", `${name}.py`);
}

/** Command line of a client; the arguments are explained in its first lines. */
export function client(name: ClientName, ...args: (string | number)[]): string[] {
  return [python, script(name), ...args.map(String)];
}

/** The app that a client is. */
export function clientApp(name: ClientName): string {
  return joinAppPath({ executable: realpathSync(python), script: realpathSync(script(name)) });
}
