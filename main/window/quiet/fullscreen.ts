// Whether the window in use fills the screen, as the X11 window manager says it (Extended Window Manager Hints, _NET_WM_STATE_FULLSCREEN).
import { createClient, eventMask, type XClient } from "x11";

export class Fullscreen {
  private readonly told: (is: boolean) => void;
  private client: XClient | undefined;
  private closed = false;

  /** `display`: an X server's. Without one, or without a window manager that says so, nothing is told. */
  constructor(display: string, told: (is: boolean) => void) {
    this.told = told;
    const client = createClient({ display }, (error, found) => {
      if (error) return;
      this.client = found.client;
      if (this.closed) this.close();
      else this.follow(found.client, found.screen[0]?.root ?? 0).catch(() => this.told(false));
    });
    client.on("error", () => {}); // a window that went meanwhile, or the whole display
  }

  close(): void {
    this.closed = true;
    this.client?.terminate();
  }

  private async follow(client: XClient, root: number): Promise<void> {
    const atom = (name: string): Promise<number> =>
      new Promise((resolve, reject) =>
        client.InternAtom(false, name, (error, id) => (error ? reject(error) : resolve(id))),
      );
    // Openbox goes on naming a window that went when no other takes its place: the list tells.
    const names = ["_NET_ACTIVE_WINDOW", "_NET_CLIENT_LIST", "_NET_WM_STATE", "_NET_WM_STATE_FULLSCREEN"] as const;
    const [active, list, state, full] = (await Promise.all(names.map(atom))) as [number, number, number, number];
    /** The 32-bit values of a property; none where there is none. */
    const read = (window: number, property: number): Promise<number[]> =>
      new Promise((resolve) =>
        client.GetProperty(0, window, property, 0, 0, 1024, (error, value) => {
          const data = error ? Buffer.alloc(0) : value.data;
          resolve(Array.from({ length: data.length >> 2 }, (_, at) => data.readUInt32LE(4 * at)));
        }),
      );
    const watched = new Set<number>();
    const look = async (): Promise<void> => {
      const [window = 0] = await read(root, active);
      if (window === 0) {
        this.told(false);
        return;
      }
      if (!watched.has(window)) {
        watched.add(window);
        client.ChangeWindowAttributes(window, { eventMask: eventMask.PropertyChange });
      }
      this.told((await read(window, state)).includes(full));
    };
    client.on("event", ({ name, atom: changed }: { name?: string; atom?: number }) => {
      if (name === "PropertyNotify" && (changed === active || changed === list || changed === state)) void look();
    });
    client.ChangeWindowAttributes(root, { eventMask: eventMask.PropertyChange });
    await look();
  }
}
