// The one prompt window: made once and hidden, shown without taking the focus when its page has a card, never destroyed by closing. Where a
// window cannot do that it stays hidden until the person asks for it, and a notification says that there is a question.
import { BrowserWindow, screen } from "electron";
import type { ShellRequest } from "../../contract/bridge.ts";
import { origin } from "./assets.ts";
import { safePreferences } from "./hardening.ts";
import { ground } from "./main-window.ts";
import { shellText } from "./text/shell-text.ts";
import { sizeByKeys, type TextSize } from "./text-size.ts";

const width = 440;
/** On a screen too low for the whole card its two halves stand side by side. */
const wideWidth = 760;
/** Distance from the edges of the work area. */
const margin = 16;

type Fit = Omit<Extract<ShellRequest, { do: "fit-prompt" }>, "do">;
const noCard: Fit = { visible: false, height: 0, takenUp: 0 };

export class PromptWindow {
  readonly window: BrowserWindow;
  private readonly putAside: () => void;
  private readonly shown: () => void;
  private readonly mayRaise: () => boolean;
  private readonly textSize: TextSize;
  private leaving = false;
  /** The person asked for it: it may come up, with the focus, as soon as its page has a card. */
  private wanted = false;
  /** How often. */
  private raised = 0;
  private wide = false;
  /** Of the page's last card, CSS pixels. */
  private asked = noCard;
  /** Where it was put when it last came up; null once it has been told so again. */
  private put: { x: number; y: number } | null = null;

  /** `mayRaise`: whether it may come up by itself. */
  constructor(
    preload: string,
    textSize: TextSize,
    told: { putAside: () => void; shown: () => void; focused: () => void; mayRaise: () => boolean },
  ) {
    this.textSize = textSize;
    this.putAside = told.putAside;
    this.shown = told.shown;
    this.mayRaise = told.mayRaise;
    this.window = new BrowserWindow({
      title: shellText().promptWindow,
      width,
      height: 480,
      show: false,
      frame: false,
      resizable: false,
      maximizable: false,
      minimizable: false,
      fullscreenable: false,
      alwaysOnTop: true,
      backgroundColor: ground(),
      // Its timers decide when the card may be answered; a page thought to be in the background would be late.
      webPreferences: { ...safePreferences(preload), backgroundThrottling: false },
    });
    this.window.on("close", (event) => {
      if (this.leaving) return;
      event.preventDefault();
      this.close();
    });
    this.window.on("focus", told.focused);
    this.window.on("move", () => this.keepPlace());
    sizeByKeys(this.window.webContents, textSize, () => this.draw());
    void this.window.loadURL(`${origin}/prompt.html`);
  }

  /** With the text size of now. */
  draw(): void {
    this.window.webContents.setZoomFactor(this.textSize.get());
    if (this.asked.visible) this.fit(this.asked);
  }

  /** The page's card has this height; without a card there is no window. */
  fit(asked: Fit): void {
    this.asked = asked;
    const size = this.window.webContents.getZoomFactor();
    const height = Math.ceil(asked.height * size);
    if (!asked.visible) {
      this.hide();
      // What was on its way when the person asked does not take back what they asked for.
      if (asked.takenUp >= this.raised) this.wanted = false;
      return;
    }
    const already = this.window.isVisible();
    if (!already && !this.wanted && !this.mayRaise()) return;
    const area = (
      already
        ? screen.getDisplayMatching(this.window.getBounds())
        : screen.getDisplayNearestPoint(screen.getCursorScreenPoint())
    ).workArea;
    const tallest = area.height - 2 * margin;
    this.wide ||= height > tallest;
    const fittingWidth = Math.min(Math.round((this.wide ? wideWidth : width) * size), area.width - 2 * margin);
    const fittingHeight = Math.min(height, tallest);
    // A window in use stays where the person put it, as far as that keeps all of it on the screen; one that appears comes to the corner.
    const right = area.x + area.width - fittingWidth - margin;
    const lowest = area.y + area.height - fittingHeight - margin;
    const { x, y } = already ? this.window.getBounds() : { x: right, y: area.y + margin };
    const place = { x: Math.min(x, right), y: Math.min(y, lowest) };
    this.window.setBounds({ ...place, width: fittingWidth, height: fittingHeight });
    if (already) return;
    this.put = place;
    if (this.wanted) this.window.show();
    else this.window.showInactive();
    this.window.setAlwaysOnTop(true, "floating");
    this.shown();
  }

  /**
   * On X11 a window that comes up on a busy machine may be told of its place within the frame that the window manager made for it, which is
   * 0, 0, and then believes to be there (seen with Electron 33 under openbox): its next change of height would move it into that corner. To be
   * told the place once more puts it right. Once only: a window manager that really wants it there has the last word.
   */
  private keepPlace(): void {
    const { x, y, width, height } = this.window.getBounds();
    const { put } = this;
    if (put === null || !this.asked.visible || x !== 0 || y !== 0) return;
    this.put = null;
    this.window.setBounds({ ...put, width, height });
  }

  /** Hides it and puts every open question aside. Writes nothing. */
  close(): void {
    this.hide();
    this.wanted = false;
    this.putAside();
  }

  private hide(): void {
    this.window.hide();
    this.asked = noCard;
    this.wide = false;
  }

  /** The person asked for it, so it may take the focus: now, or with the card that the page has for it. Returns how often it was asked for. */
  raise(): number {
    this.wanted = true;
    if (this.window.isVisible()) this.window.focus();
    return ++this.raised;
  }

  /** The number of what the person asked for and has not got yet, for a page that begins only now; null: nothing. */
  get wish(): number | null {
    return this.wanted ? this.raised : null;
  }

  /** The app ends: now closing means closing. */
  leave(): void {
    this.leaving = true;
  }
}
