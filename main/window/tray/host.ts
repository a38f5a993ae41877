// Whether the desktop shows tray icons: somebody on the session's bus watches for them (org.kde.StatusNotifierWatcher) and draws them.
import { Bus, busAddress } from "../desktop/bus.ts";

const watcher = "org.kde.StatusNotifierWatcher";
const path = "/StatusNotifierWatcher";

/** `told` hears whether there is one, at once and whenever that changes. */
export class TrayHost {
  private readonly told: (there: boolean) => void;
  private bus: Bus | null = null;
  private closed = false;

  constructor(env: NodeJS.ProcessEnv, told: (there: boolean) => void) {
    this.told = told;
    void this.begin(env);
  }

  close(): void {
    this.closed = true;
    this.bus?.close();
  }

  private async begin(env: NodeJS.ProcessEnv): Promise<void> {
    const bus = await Bus.open(busAddress("session", env), () => this.tell(false));
    if (bus === null || this.closed) {
      bus?.close();
      this.tell(false);
      return;
    }
    this.bus = bus;
    const look = () => void this.look(bus);
    const owner = `sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged'`;
    await bus.listen(`${owner},arg0='${watcher}'`, look).catch(() => {});
    await bus.listen(`sender='${watcher}',interface='${watcher}'`, look).catch(() => {});
    look();
  }

  private async look(bus: Bus): Promise<void> {
    try {
      // Asking somebody who is not there could start them.
      this.tell((await bus.isThere(watcher)) && (await bus.property(watcher, path, watcher, hostProperty)) === true);
    } catch {
      this.tell(false);
    }
  }

  private tell(there: boolean): void {
    if (!this.closed) this.told(there);
  }
}

/** A watcher alone draws nothing. */
const hostProperty = "IsStatusNotifierHostRegistered";
