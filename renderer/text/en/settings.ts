// Settings. `find`: other words that people look for a setting by; they are not shown.
import type { Preferences } from "../../../contract/preferences.ts";
import { count } from "./amounts.ts";

export const settings = {
  search: "Search settings",
  nothing: "No setting is called that",
  nothingHint: "Try another word, such as “dark”, “pause” or “start”.",
  sections: {
    standing: "Guard",
    asking: "Questions",
    notices: "Quiet times",
    look: "Appearance",
    start: "Start and close",
    about: "About Picket",
  },

  mode: {
    title: "New connections",
    hint: "What happens where no rule says anything.",
    find: "mode ask learn allow block default unknown policy prompt silent",
  },
  pause: { find: "snooze break disable off stop suspend temporarily turn" },
  lockdown: { find: "panic offline airplane cut everything kill switch emergency" },
  profile: { find: "network home work wifi place location" },
  /** What has a view of its own. */
  elsewhere: {
    open: (view: string) => `Open ${view}`,
    profiles: {
      hint: "Rules that count in some networks only, such as at home or at work.",
      find: "profile network wifi location automatic switch",
    },
    blocklists: {
      hint: "Lists of places that apps do not reach: advertising, trackers, malware.",
      find: "blocklist ads tracker malware filter subscription hosts",
    },
    learning: {
      hint: "What was allowed while Picket learned, to become rules.",
      find: "learn review proposals accept training",
    },
  },

  scope: {
    title: "How far an answer reaches at first",
    hint: "What is chosen when a question opens. You can change it on every question.",
    find: "default prompt card answer domain host site whole app",
    options: {
      endpoint: "This one destination",
      domain: "The whole site",
      any: "Anything the app wants",
    } satisfies Record<Preferences["scope"], string>,
  },
  lifetime: {
    title: "How long an answer holds at first",
    hint: "Also only what is chosen when a question opens.",
    find: "default prompt card answer once forever always duration time remember",
    options: {
      once: "This time",
      quit: "Until it quits",
      "1h": "1 hour",
      restart: "Until restart",
      forever: "For good",
    } satisfies Record<Preferences["lifetime"], string>,
  },

  fullscreen: {
    title: "Stay quiet while a window fills the screen",
    hint: "Questions wait, and you get one summary afterwards.",
    find: "game film movie presentation talk full screen notifications do not disturb",
  },
  doNotDisturb: {
    title: "Stay quiet while Do Not Disturb is on",
    hint: "As your desktop says it. On a locked screen Picket is always quiet.",
    find: "notifications silence focus mute sound dnd",
  },
  snoozed: {
    title: "Apps that ask nothing for now",
    none: "There are none. You can send an app to sleep from any of its questions.",
    until: (time: string) => `until ${time}`,
    wake: "Ask again",
    wakeApp: (app: string) => `Ask again about ${app}`,
    find: "snooze sleep mute app",
  },

  theme: {
    title: "Colours",
    hint: "",
    find: "theme dark light night mode colour color appearance",
    options: { system: "As the desktop", light: "Light", dark: "Dark" } satisfies Record<Preferences["theme"], string>,
  },
  contrast: {
    title: "More contrast",
    hint: "Stronger lines and darker secondary text. The desktop’s own setting counts as well.",
    find: "accessibility high contrast readable bold",
  },
  textSize: {
    title: "Size of text",
    hint: "Of everything in Picket’s windows. Ctrl with + and − does it, too, and Ctrl with 0 takes it back.",
    find: "zoom font large larger bigger small scale accessibility readable",
  },

  session: {
    title: "Start with the session",
    hint: "Without it nobody asks you until you open Picket: what has no rule waits and is then blocked, and the question goes to the inbox.",
    find: "autostart login boot startup background",
  },
  closing: {
    setting: "When this window is closed",
    hint: "This desktop shows no tray icons, so a closed window is found again only by starting Picket once more.",
    find: "tray minimise minimize quit hide exit close button",
    options: { ask: "Ask me", minimise: "Minimise it", close: "Close it" } satisfies Record<
      Preferences["closing"],
      string
    >,
    title: "Picket goes on watching",
    body: "Your desktop shows no tray icons, so a closed window is not easy to find again: start Picket once more, and it is back. Questions come up either way.",
    again: "Picket remembers what you choose. Settings has it, too.",
    quit: "Quit",
    close: "Close it",
    minimise: "Minimise it",
  },
  quit: {
    title: "Quit",
    hint: "The guard goes on without a window: rules count, and what is new waits and is then blocked.",
    button: "Quit Picket’s window",
    find: "exit end stop close leave",
  },
  firstRun: {
    title: "First steps",
    hint: "What Picket does, with an example to try.",
    button: "Show first steps",
    find: "help tutorial introduction welcome tour example test demo how",
  },

  about: {
    version: "Version",
    versionLine: (window: string, helper: string, kernel: string) =>
      `Window ${window}, helper ${helper}, Linux ${kernel}`,
    serves: "Serves",
    servesLine: (user: string) => `${user}, who sits here`,
    level: "Who may allow things",
    levels: {
      protected: "This window, or an administrator with their password. No other program.",
      open: "Any program of yours: this is a development run.",
    },
    guarded: "Guards",
    guardedLine: (n: number) => count(n, "group of programs", "groups of programs"),
    guardedNone: "Nothing yet",
    countries: "Countries",
    countriesLine: (name: string, date: string) => `${name}, ${date}`,
    countriesNone: "No data is installed, so no countries are shown.",
    licence: "Licence",
    licenceLine: "GPL-3.0-or-later; its kernel programs GPL-2.0-or-later.",
    unknown: "Not known while the helper is away.",
    find: "version licence license level protected open user geoip data credits kernel helper",
  },
};
