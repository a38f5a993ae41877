// Tells of questions where no window may come up by itself: by a notification, and by a shortcut that opens the card. Where nobody shows
// notifications the window has to come up after all.
import { globalShortcut } from "electron";
import { shellText } from "../text/shell-text.ts";
import { Bus, busAddress } from "./bus.ts";
import { Notice, type NoticeActions, type NoticeWords } from "./notice.ts";
import { bindShortcut } from "./shortcut.ts";
import type { Way } from "./way.ts";

/** The keys that open the card: as Electron writes them, and as the portal does. */
const keys = { electron: "Control+Alt+P", portal: "CTRL+ALT+p" };

export class Herald {
  private readonly act: NoticeActions;
  private notice: Notice | null = null;
  private bus: Bus | null = null;
  private said: NoticeWords | null = null;
  private closed = false;
  /** Whether somebody shows notifications is being found out: no window comes up before that is known. */
  private beginning: boolean;

  constructor(way: Way, env: NodeJS.ProcessEnv, act: NoticeActions) {
    this.act = act;
    this.beginning = way === "announce";
    if (way === "raise") globalShortcut.register(keys.electron, act.show);
    else void this.begin(env);
  }

  /** Whether a notification comes instead of a window. */
  get announces(): boolean {
    return this.beginning || (this.notice?.isThere ?? false);
  }

  announce(words: NoticeWords): void {
    this.said = words.title === "" ? null : words;
    if (this.said === null) this.notice?.withdraw();
    else if (this.notice) this.notice.show(this.said);
    else if (!this.beginning) this.act.unheard();
  }

  /** The card itself is in view. */
  withdraw(): void {
    this.said = null;
    this.notice?.withdraw();
  }

  close(): void {
    this.closed = true;
    globalShortcut.unregisterAll();
    this.notice?.withdraw();
    // What was said last has to leave first.
    setImmediate(() => this.bus?.close());
  }

  private async begin(env: NodeJS.ProcessEnv): Promise<void> {
    const bus = await Bus.open(busAddress("session", env), () => {
      this.notice = null;
      if (this.said && !this.closed) this.act.unheard();
    });
    if (this.closed) {
      bus?.close();
      return;
    }
    this.bus = bus;
    this.notice = bus && (await Notice.on(bus, this.act));
    this.beginning = false;
    if (this.said && this.notice) this.notice.show(this.said);
    else if (this.said) this.act.unheard();
    if (bus === null) return;
    const wish = { id: "show-question", description: shellText().shortcut, trigger: keys.portal };
    await bindShortcut(bus, wish, this.act.show).catch(() => null);
  }
}
