// Finds AppImages by the FUSE connections that they serve, and remembers them while they live.
import { readlinkSync } from "node:fs";
import { findServer, type Server } from "./app-image.ts";
import type { Mount } from "./mounts.ts";
import { look, type Seen } from "./probe.ts";
import { startOf } from "./running.ts";
import { lookAtExecutable } from "./sighted.ts";

export interface AppImage {
  readonly path: string;
  /** The file there, which its server executes. */
  readonly seen: Seen;
  /** Pid of the process that serves it. */
  readonly server: number;
}

export class AppImages {
  /** By connection. `start`: of the process, clock ticks since the boot. */
  private readonly servers = new Map<number, { server: Server; start: number }>();
  /** Searches under way, by connection: each goes through all processes, and hundreds that run from one mount may ask at once. */
  private readonly searches = new Map<number, Promise<Server | null>>();

  /** Null for what is no AppImage, cannot be proven to be one, or is not at its path any more. */
  async find(connection: number, mounts: readonly Mount[]): Promise<AppImage | null> {
    const server = await this.serverOf(connection, mounts);
    if (server === null) return null;
    const { pid, executable: path } = server;
    const [seen, named] = await Promise.all([lookAtExecutable(pid, path, mounts), look(path, mounts)]);
    if (seen === null || named === null || seen.inode !== named.inode || seen.device !== named.device) return null;
    return seen.changed === named.changed ? { path, seen, server: pid } : null;
  }

  private async serverOf(connection: number, mounts: readonly Mount[]): Promise<Server | null> {
    const known = this.servers.get(connection);
    if (known !== undefined && startOf(known.server.pid) === known.start) return known.server;
    this.servers.delete(connection);
    const underWay = this.searches.get(connection);
    if (underWay !== undefined) return underWay;
    const search = this.search(connection, mounts).finally(() => this.searches.delete(connection));
    this.searches.set(connection, search);
    return search;
  }

  private async search(connection: number, mounts: readonly Mount[]): Promise<Server | null> {
    const inodeOf = async (pid: number) => {
      const path = readlinkSync(`/proc/${pid}/exe`);
      return (await lookAtExecutable(pid, path, mounts))?.inode ?? null;
    };
    const server = await findServer(connection, inodeOf).catch(() => null);
    const start = server === null ? null : startOf(server.pid);
    if (server === null || start === null) return null;
    this.servers.set(connection, { server, start });
    return server;
  }
}
