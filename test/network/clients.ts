// The test clients in clients/, as commands, and the shapes of what they print.
import { join } from "node:path";

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

/** Command line of a client; the arguments are explained in its first lines. */
export function client(
  name: "tcp" | "udp" | "two-remotes" | "many" | "awkward" | "stream" | "dressed" | "reach",
  ...args: (string | number)[]
): string[] {
  return [python, join(import.meta.dirname, "clients", `${name}.py`), ...args.map(String)];
}
