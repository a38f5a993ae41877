// The icon in the desktop's tray. It says how Picket stands and changes it; what it cannot do is said in the window.
import { Menu, type MenuItemConstructorOptions, nativeImage, Tray } from "electron";
import type { Update } from "../../../contract/bridge.ts";
import { merge } from "../../../contract/merge.ts";
import type { Prompt } from "../../../contract/words.ts";
import { language } from "../language.ts";
import type { TrayWords } from "../text/shell-text.ts";
import { clockText } from "./clock.ts";
import { statusLine, type TrayAct, type TrayFacts, type TrayItem, trayMenu, trayState } from "./menu.ts";
import { trayPicture } from "./picture.ts";

/** Pixels of the icon at scale 1. */
const size = 24;

export class TrayIcon {
  private readonly act: (act: TrayAct) => void;
  private readonly opened: () => void;
  private readonly words: () => TrayWords;
  private facts: TrayFacts = { link: "connecting", status: null, held: 0, inbox: 0 };
  private prompts: ReadonlyMap<string, Prompt> = new Map();
  // A tray that nothing refers to is collected as garbage and vanishes.
  private tray: Tray | null = null;
  private shown = { state: "", menu: "", line: "" };

  /** `opened`: the icon itself was pressed. `words`: those of the language at the moment. */
  constructor(act: (act: TrayAct) => void, opened: () => void, words: () => TrayWords) {
    this.act = act;
    this.opened = opened;
    this.words = words;
  }

  /** Anew: an icon that was made before anybody drew it is never drawn. */
  place(): void {
    this.tray?.destroy();
    this.tray = new Tray(picture(this.facts));
    this.tray.on("click", this.opened);
    this.shown = { state: "", menu: "", line: "" };
    this.show();
  }

  take(update: Update): void {
    if (update.kind === "link") this.facts = { ...this.facts, link: update.link.state };
    else if (update.kind !== "event") return;
    else if (update.topic === "status") this.facts = { ...this.facts, status: update.data };
    else if (update.topic === "prompts") {
      this.prompts = merge(this.prompts, update.data);
      const held = [...this.prompts.values()].filter(({ state }) => state === "held").length;
      this.facts = { ...this.facts, held, inbox: this.prompts.size };
    } else return;
    this.show();
  }

  /** What is shown is what is: a mark that the desktop set by itself, though nothing was changed, goes. */
  refresh(): void {
    this.shown.menu = "";
    this.show();
  }

  private show(): void {
    const { tray, facts } = this;
    if (tray === null) return;
    const state = trayState(facts);
    const words = this.words();
    const line = statusLine(facts, words, clock);
    const items = trayMenu(facts, words, clock);
    const menu = JSON.stringify(items);
    // Each of them is a message over the bus, and a menu that is open would close.
    if (state !== this.shown.state) tray.setImage(picture(facts));
    if (line !== this.shown.line) tray.setToolTip(`Picket – ${line}`);
    if (menu !== this.shown.menu) tray.setContextMenu(Menu.buildFromTemplate(items.map((item) => this.entry(item))));
    this.shown = { state, menu, line };
  }

  private entry(item: TrayItem): MenuItemConstructorOptions {
    switch (item.kind) {
      case "line":
        return { type: "separator" };
      case "text":
        return { label: item.label, enabled: false };
      case "group":
        return { label: item.label, enabled: !item.off, submenu: item.items.map((each) => this.entry(each)) };
      case "act": {
        const { label, act, off, mark, on } = item;
        const type = mark === undefined ? "normal" : mark === "radio" ? "radio" : "checkbox";
        return { label, type, enabled: !off, checked: on === true, click: () => this.act(act) };
      }
    }
  }
}

function picture(facts: TrayFacts) {
  const state = trayState(facts);
  const image = nativeImage.createFromBitmap(trayPicture(state, size), { width: size, height: size });
  const twice = 2 * size;
  image.addRepresentation({ scaleFactor: 2, width: twice, height: twice, buffer: trayPicture(state, twice) });
  return image;
}

function clock(iso: string): string {
  return clockText(iso, new Date(), language());
}
