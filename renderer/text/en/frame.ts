// The control in the window's frame: what happens to new connections, pause, lockdown, profile.
import type { Mode } from "../../../contract/words.ts";

export const frame = {
  open: (now: string) => `${now}. Change what happens to new connections`,
  /** Short, on the control itself. */
  now: {
    ask: "Asks first",
    learn: "Learning",
    allow: "Allows what is new",
    block: "Blocks what is new",
  } satisfies Record<Mode, string>,
  title: "New connections",
  modes: {
    ask: { name: "Ask me", what: "The app waits until you answer." },
    learn: { name: "Learn", what: "What is new is let through and noted, so that you can make rules later." },
    allow: { name: "Let through", what: "Only what a rule or a blocklist blocks is stopped." },
    block: { name: "Block", what: "Only what a rule allows gets through. Nothing is asked." },
  } satisfies Record<Mode, { name: string; what: string }>,
  pause: {
    title: "Pause",
    what: "Everything gets through for a while, also what your rules and blocklists stop. Then Picket is back by itself.",
    lengths: { "10m": "10 minutes", "1h": "1 hour", "8h": "8 hours" },
    until: (time: string) => `Until ${time} everything gets through.`,
    now: "Everything gets through.",
    end: "End the pause",
  },
  /** What was pressed in the tray and lets more through. */
  wish: {
    mode: "Change what happens to new connections?",
    pause: "Pause Picket?",
    lockdown: "End lockdown?",
    normal: "Connections go by your rules again.",
    why: "You are asked because other programs can press in the tray as well. Nothing has changed yet.",
    yes: { "mode.set": "Change it", pause: "Pause" },
    no: "Leave it as it is",
  },
  lockdown: {
    title: "Lockdown",
    what: "Nothing gets out or in, until you switch it off.",
    end: "End lockdown",
    first: "Lockdown comes first: a pause lets nothing through meanwhile.",
  },
  profile: {
    title: "Active profile",
    automatic: (name: string | null) => (name === null ? "Chosen by the network" : `Chosen by the network (${name})`),
    none: "No profile",
  },
  held: {
    short: (n: number) => `${n.toLocaleString("en")} waiting`,
    /** Begins with what is shown. */
    what: (short: string) => `${short}: show what waits`,
  },
  busy: "Waiting for the helper. It may want your password first.",
  trial: {
    title: (time: string) => `On trial until ${time}`,
    what: "This change might cut off the connection you work over, so it takes itself back unless you keep it.",
    keep: "Keep it",
  },
  /** What is not right, by the helper's code: what it means for the person. The helper's own words follow. */
  degraded: {
    resolvers: "Names of sites may be missing on questions.",
    packetSockets: "A program can send past Picket.",
    unsearched: "A program may be able to send past Picket.",
    outsideSockets: "A program can send in a way that Picket does not see.",
    windowGroup: "To allow more takes a password here.",
    blocklists: "A blocklist does not block what it should.",
    guardWaits: "Some programs are guarded only once they run.",
    guardFailed: "Some programs are not guarded.",
    guardUnknown: "Some programs are not guarded: the configuration names what is not there.",
    guardUnwatched: "New programs may be guarded a moment late.",
    ringFull: "Some connections take longer to be asked about.",
    logFull: "Some connections are missing from the list.",
    overBudget: "An app sent more than could be kept while it waited.",
    noStorage: "Some connections were refused for lack of room.",
    unparsed: "Something was sent that could not be read, so it was refused.",
    overShare: "An app asks so much that its questions take longer.",
    inboundLimited: "Too many called from outside at once; some were turned away.",
  } as Readonly<Record<string, string>>,
};
