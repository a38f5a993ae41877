// A bus of its own and somebody on it who plays the desktop: notifications, the portal, the lock, Do Not Disturb.
import { createClient, type MessageBus } from "dbus-native";
import { TestBus } from "../helper/stub-network-manager.ts";

type Methods = Record<string, [takes: string, gives: string, run: (...args: never[]) => unknown]>;

/** `entry`: the desktop entry that it says it is of. */
interface Shown {
  id: number;
  title: string;
  body: string;
  actions: string[];
  icon: string;
  entry: unknown;
  closed: boolean;
}

export class Desktop {
  private readonly bus = new TestBus();
  private readonly speakers: MessageBus[] = [];
  /** Every notification there was, newest last; `closed` once it was withdrawn. */
  readonly notices: Shown[] = [];
  private notifier: MessageBus | undefined;

  static async start(): Promise<Desktop> {
    const desktop = new Desktop();
    await desktop.bus.start();
    return desktop;
  }

  get address(): string {
    return `unix:path=${this.bus.socket}`;
  }

  /** `serve` comes before the name: who hears that somebody has it calls at once. */
  private async speak(name: string, serve: (speaker: MessageBus) => void = () => {}): Promise<MessageBus> {
    const speaker = createClient({ socket: this.bus.socket, authMethods: ["EXTERNAL"] });
    speaker.connection.on("error", () => {});
    this.speakers.push(speaker);
    serve(speaker);
    await speaker.requestName(name, 0);
    return speaker;
  }

  private serve(speaker: MessageBus, path: string, name: string, methods: Methods, properties: object = {}): void {
    const each = Object.entries(methods);
    const run = Object.fromEntries(each.map(([member, [, , work]]) => [member, work]));
    const signatures = Object.fromEntries(each.map(([member, [takes, gives]]) => [member, [takes, gives]]));
    const kinds = Object.fromEntries(Object.keys(properties).map((property) => [property, "b"]));
    speaker.exportInterface({ ...run, ...properties }, path, {
      name,
      methods: signatures,
      signals: {},
      properties: kinds,
    } as never);
  }

  /** Shows notifications from now on; `inhibited` as KDE says it. */
  async showNotices(inhibited: { is: boolean } = { is: false }): Promise<void> {
    const name = "org.freedesktop.Notifications";
    const path = "/org/freedesktop/Notifications";
    const values = {
      get Inhibited() {
        return inhibited.is;
      },
    };
    const methods: Methods = {
      GetCapabilities: ["", "as", () => ["actions", "body"]],
      Notify: [
        "susssasa{sv}i",
        "u",
        (
          _app: string,
          replaces: number,
          icon: string,
          title: string,
          body: string,
          actions: string[],
          hints: Record<string, unknown>,
        ) => {
          const known = this.notices.find(({ id }) => id === replaces);
          const named = { icon, entry: hints["desktop-entry"] };
          const notice = { id: known?.id ?? this.notices.length + 1, title, body, actions, ...named, closed: false };
          if (known) Object.assign(known, notice);
          else this.notices.push(notice);
          return notice.id;
        },
      ],
      CloseNotification: [
        "u",
        "",
        (id: number) => {
          const notice = this.notices.find((each) => each.id === id);
          if (notice) notice.closed = true;
          this.notifier?.sendSignal(path, name, "NotificationClosed", "uu", [id, 3]);
        },
      ],
    };
    const each = Object.entries(methods);
    const impl = Object.fromEntries(each.map(([member, [, , work]]) => [member, work]));
    Object.defineProperty(impl, "Inhibited", { enumerable: true, get: () => values.Inhibited });
    this.notifier = await this.speak(name, (speaker) =>
      speaker.exportInterface(impl, path, {
        name,
        methods: Object.fromEntries(each.map(([member, [takes, gives]]) => [member, [takes, gives]])),
        signals: {},
        properties: { Inhibited: "b" },
      } as never),
    );
  }

  /** Whoever shows notifications is gone, and what they showed with them. */
  stopNotices(): void {
    this.notifier?.connection.stream.destroy();
    for (const notice of this.notices) notice.closed = true;
  }

  /** The person presses an action of a notification. With that it is done, and goes as if they had closed it (GNOME: gnome-shell's messageTray.js). */
  press(id: number, action: string): void {
    const path = "/org/freedesktop/Notifications";
    this.notifier?.sendSignal(path, "org.freedesktop.Notifications", "ActionInvoked", "us", [id, action]);
    this.close(id);
  }

  /** Somebody else says that it was pressed: to everybody, and to one connection, whom no match rule of its own keeps that from. */
  async forge(
    to: string,
    member: string,
    path: string,
    from: string,
    signature: string,
    body: unknown[],
  ): Promise<void> {
    const stranger = await this.speak("org.example.Stranger");
    for (const destination of [undefined, to])
      stranger.connection.message({
        ...{ type: 4, serial: 1000 + this.speakers.length, path, interface: from, member, signature, body },
        ...(destination !== undefined && { destination }),
      });
  }

  /** The person closes a notification. */
  close(id: number): void {
    const path = "/org/freedesktop/Notifications";
    const notice = this.notices.find((each) => each.id === id);
    if (notice) notice.closed = true;
    this.notifier?.sendSignal(path, "org.freedesktop.Notifications", "NotificationClosed", "uu", [id, 2]);
  }

  /** The inhibition of notifications changed. */
  tellInhibited(): void {
    const path = "/org/freedesktop/Notifications";
    const body = ["org.freedesktop.Notifications", [], ["Inhibited"]];
    this.notifier?.sendSignal(path, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", body);
  }

  /** Whoever runs as somebody else finds it too. */
  openToOthers(): void {
    this.bus.openToOthers();
  }

  /** Says where the accessibility bus is. Returns how often it was asked. */
  async accessibility(address: string): Promise<() => number> {
    let asked = 0;
    const say = (): string => {
      asked++;
      return address;
    };
    await this.speak("org.a11y.Bus", (speaker) =>
      this.serve(speaker, "/org/a11y/bus", "org.a11y.Bus", { GetAddress: ["", "s", say] }),
    );
    return () => asked;
  }

  /** Says of the lock what freedesktop's screen saver says. */
  async screenSaver(name = "org.freedesktop.ScreenSaver"): Promise<(locked: boolean) => void> {
    let active = false;
    const path = `/${name.replaceAll(".", "/")}`;
    const speaker = await this.speak(name, (to) => this.serve(to, path, name, { GetActive: ["", "b", () => active] }));
    return (locked) => {
      active = locked;
      speaker.sendSignal(path, name, "ActiveChanged", "b", [locked]);
    };
  }

  /** Gives shortcuts as the portal does. `decline`: the person does not want it. Returns what was asked for, and the keys themselves. */
  async portal(decline = false) {
    const name = "org.freedesktop.portal.Desktop";
    const path = "/org/freedesktop/portal/desktop";
    const shortcuts = "org.freedesktop.portal.GlobalShortcuts";
    const speaker = await this.speak(name);
    const asked: { session: string; id: string; about: Record<string, unknown> }[] = [];
    const session = `${path}/session/1`;
    const answer = (sender: string, token: unknown, results: unknown): string => {
      const request = `${path}/request/${sender.slice(1).replaceAll(".", "_")}/${String(token)}`;
      const code = decline ? 1 : 0;
      setTimeout(
        () =>
          speaker.sendSignal(request, "org.freedesktop.portal.Request", "Response", "ua{sv}", [
            code,
            decline ? [] : results,
          ]),
        20,
      );
      return request;
    };
    // Who calls is known from the message alone.
    speaker.connection.on("message", (message: { sender?: string; interface?: string }) => {
      if (message.interface === shortcuts) sender = message.sender ?? "";
    });
    let sender = "";
    this.serve(speaker, path, shortcuts, {
      CreateSession: [
        "a{sv}",
        "o",
        (options: Record<string, unknown>) =>
          answer(sender, options.handle_token, [["session_handle", ["s", session]]]),
      ],
      BindShortcuts: [
        "oa(sa{sv})sa{sv}",
        "o",
        (of: string, wishes: [string, Record<string, unknown>][], _: string, options: Record<string, unknown>) => {
          for (const [id, about] of wishes) asked.push({ session: of, id, about });
          const bound = [["show-question", [["trigger_description", ["s", "Ctrl+Alt+P"]]]]];
          return answer(sender, options.handle_token, [["shortcuts", ["a(sa{sv})", bound]]]);
        },
      ],
    });
    return {
      asked,
      press: (of = session, id = "show-question") =>
        speaker.sendSignal(path, shortcuts, "Activated", "osta{sv}", [of, id, 1n, []]),
    };
  }

  async stop(): Promise<void> {
    for (const speaker of this.speakers.splice(0)) speaker.connection.stream.destroy();
    await this.bus.stop();
  }
}
