// A question as a notification with actions, where a window cannot come up by itself (org.freedesktop.Notifications 1.2). It never carries an
// answer: whoever presses it sees the card first.
import type { Message } from "dbus-native";
import { Variant } from "dbus-native";
import { appId } from "../app-id.ts";
import type { Bus } from "./bus.ts";

const service = "org.freedesktop.Notifications";
const path = "/org/freedesktop/Notifications";
const busItself = "org.freedesktop.DBus";
const ownerChanged = `sender='${busItself}',interface='${busItself}',member='NameOwnerChanged',arg0='${service}'`;

export interface NoticeWords {
  readonly title: string;
  readonly body: string;
  /** Words of its two actions. */
  readonly show: string;
  readonly later: string;
}

export interface NoticeActions {
  show(): void;
  later(): void;
  /** What is to be shown nobody shows. */
  unheard(): void;
}

/** Reasons of NotificationClosed: the person closed it. */
const dismissed = 2;

export class Notice {
  private readonly bus: Bus;
  private readonly act: NoticeActions;
  private usable = false;
  private looking = false;
  private wanted: NoticeWords | null = null;
  private id = 0;
  /** What the bus calls whoever shows notifications, "" for nobody, and whom the words of now were given to. */
  private owner = "";
  private shownBy = "";
  /** One after the other: the number of the first is needed for the second to replace it. */
  private work: Promise<unknown> = Promise.resolve();

  static async on(bus: Bus, act: NoticeActions): Promise<Notice> {
    const notice = new Notice(bus, act);
    notice.later(async () => {
      await bus.listen(ownerChanged, (signal) => notice.hearOwner(signal));
      await bus.listen(`sender='${service}',interface='${service}'`, (signal) => notice.hear(signal));
      await notice.look();
    });
    await notice.work;
    return notice;
  }

  private constructor(bus: Bus, act: NoticeActions) {
    this.bus = bus;
    this.act = act;
  }

  /** Whether somebody shows notifications that can open the card. They come and go: a session starts them, and a crash ends them. */
  get isThere(): boolean {
    return this.usable;
  }

  /** Shows it, or makes what is shown say this. The same again is shown no second time. */
  show(words: NoticeWords): void {
    if (JSON.stringify(words) === JSON.stringify(this.wanted)) return;
    this.wanted = words;
    this.later(() => this.put());
  }

  withdraw(): void {
    const shown = this.wanted !== null;
    this.wanted = null;
    if (shown)
      this.later(async () => {
        const { id } = this;
        this.id = 0;
        await this.close(id);
      });
    // Who failed once may only have been slow.
    if (!this.usable && !this.looking) {
      this.looking = true;
      this.later(() => this.look());
    }
  }

  private async put(): Promise<void> {
    if (!this.usable) await this.look();
    const { wanted } = this;
    if (wanted === null) return;
    if (!this.usable) {
      this.act.unheard();
      return;
    }
    const actions = ["default", wanted.show, "show", wanted.show, "later", wanted.later];
    const hints = {
      "desktop-entry": new Variant("s", appId),
      category: new Variant("s", "network"),
      // Stays until somebody does something about it.
      urgency: new Variant("y", 2),
    };
    const body = ["Picket", this.id, appId, wanted.title, escaped(wanted.body), actions, hints, 0];
    try {
      this.id = await this.call<number>("Notify", { signature: "susssasa{sv}i", body });
      this.shownBy = this.owner;
    } catch {
      this.id = 0;
      this.usable = false;
      if (this.wanted !== null) this.act.unheard();
    }
  }

  /** Without actions they could not open the card. */
  private async look(): Promise<void> {
    try {
      const capabilities = await this.call<string[]>("GetCapabilities");
      this.owner = await this.bus.ownerOf(service);
      this.usable = capabilities.includes("actions");
    } catch {
      this.usable = false;
    } finally {
      this.looking = false;
    }
  }

  private async close(id: number): Promise<void> {
    if (id !== 0) await this.call("CloseNotification", { signature: "u", body: [id] });
  }

  private call<T>(member: string, words: { signature?: string; body?: unknown[] } = {}): Promise<T> {
    return this.bus.call<T>({ destination: service, path, interface: service, member, ...words });
  }

  private later(work: () => Promise<void>): void {
    this.work = this.work.then(work).catch(() => {});
  }

  /** What the one before showed went with it. Whom the bus starts for a notification of ours is nobody new: that one has it already. */
  private hearOwner({ sender, member, body }: Message): void {
    const [name, , owner] = (body ?? []) as string[];
    if (sender !== busItself || member !== "NameOwnerChanged" || name !== service || owner === undefined) return;
    this.owner = owner;
    this.id = 0;
    this.later(async () => {
      // The last word of one that goes may have come in the same breath as its end.
      if (this.owner === "") this.id = 0;
      else await this.look();
      if (this.wanted !== null && (this.owner === "" || this.shownBy !== this.owner)) await this.put();
    });
  }

  private hear({ sender, member, body }: Message): void {
    const [id, what] = (body ?? []) as [number, unknown];
    if (sender !== this.owner || id === 0 || id !== this.id) return;
    if (member === "NotificationClosed") {
      this.id = 0;
      // Closed is not "never": the card comes back with the next question, and is in the inbox.
      if (what === dismissed) this.act.later();
    }
    if (member !== "ActionInvoked") return;
    // It is done with: GNOME closes it in the same breath and says that the person did, which must not put aside what they asked for.
    this.id = 0;
    this.later(() => this.close(id));
    if (what === "later") this.act.later();
    else this.act.show();
  }
}

/** Its body may be read as markup; a host name is none. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
