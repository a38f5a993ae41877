// A question as a notification with actions, where a window cannot come up by itself (org.freedesktop.Notifications 1.2). It never carries an
// answer: whoever presses it sees the card first.
import type { Message } from "dbus-native";
import { Variant } from "dbus-native";
import type { Bus } from "./bus.ts";

const service = "org.freedesktop.Notifications";
const path = "/org/freedesktop/Notifications";

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
}

/** Reasons of NotificationClosed: the person closed it. */
const dismissed = 2;

export class Notice {
  private readonly bus: Bus;
  private readonly act: NoticeActions;
  private id = 0;
  private shown = "";
  private owner = "";
  /** One after the other: the number of the first is needed for the second to replace it. */
  private work: Promise<unknown> = Promise.resolve();

  /** Null where nobody shows notifications. */
  static async on(bus: Bus, act: NoticeActions): Promise<Notice | null> {
    const notice = new Notice(bus, act);
    try {
      await bus.listen(`sender='${service}',interface='${service}'`, (signal) => notice.hear(signal));
      const capabilities = await bus.call<string[]>({
        destination: service,
        path,
        interface: service,
        member: "GetCapabilities",
      });
      notice.owner = await bus.ownerOf(service);
      // Without actions it could not open the card.
      return capabilities.includes("actions") ? notice : null;
    } catch {
      return null;
    }
  }

  private constructor(bus: Bus, act: NoticeActions) {
    this.bus = bus;
    this.act = act;
  }

  /** Shows it, or makes what is shown say this. The same again is shown no second time. */
  show(words: NoticeWords): void {
    const text = JSON.stringify(words);
    if (text === this.shown) return;
    this.shown = text;
    this.later(async () => {
      const actions = ["default", words.show, "show", words.show, "later", words.later];
      const hints = {
        "desktop-entry": new Variant("s", "picket"),
        category: new Variant("s", "network"),
        // Stays until somebody does something about it.
        urgency: new Variant("y", 2),
      };
      const body = ["Picket", this.id, "picket", words.title, escaped(words.body), actions, hints, 0];
      this.id = await this.bus.call<number>({
        destination: service,
        path,
        interface: service,
        member: "Notify",
        signature: "susssasa{sv}i",
        body,
      });
    });
  }

  withdraw(): void {
    if (this.shown === "") return;
    this.shown = "";
    this.later(async () => {
      const { id } = this;
      this.id = 0;
      await this.close(id);
    });
  }

  private async close(id: number): Promise<void> {
    if (id === 0) return;
    await this.bus.call({
      destination: service,
      path,
      interface: service,
      member: "CloseNotification",
      signature: "u",
      body: [id],
    });
  }

  private later(work: () => Promise<void>): void {
    this.work = this.work.then(work).catch(() => {});
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
