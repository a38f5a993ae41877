// Where each command of the command line is. Nothing here does anything yet.
import type { CommandWord } from "./usage.ts";

type Command = (args: string[]) => Promise<number>;

/** Loaded one at a time: `off` has to work where the rest cannot even be loaded, and `run` must start quickly. */
export const commands: Record<CommandWord, () => Promise<Command>> = {
  status: async () => (await import("./status.ts")).status,
  run: async () => (await import("./run.ts")).run,
  prompts: async () => (await import("./prompts.ts")).prompts,
  answer: async () => (await import("./prompts.ts")).answer,
  rules: async () => (await import("./rules.ts")).rules,
  import: async () => (await import("./import.ts")).importRules,
  explain: async () => (await import("./explain.ts")).explain,
  blocklists: async () => (await import("./blocklists.ts")).blocklists,
  flows: async () => (await import("./flows.ts")).flows,
  history: async () => (await import("./history.ts")).history,
  doctor: async () => (await import("./doctor.ts")).doctor,
  "support-bundle": async () => (await import("./support-bundle.ts")).supportBundle,
  backup: async () => (await import("./backup.ts")).backup,
  restore: async () => (await import("./backup.ts")).restore,
  mode: async () => (await import("./mode.ts")).mode,
  pause: async () => (await import("./mode.ts")).pause,
  lockdown: async () => (await import("./mode.ts")).lockdown,
  confirm: async () => (await import("./mode.ts")).confirm,
  profile: async () => (await import("./profile.ts")).profile,
  learn: async () => (await import("./learn.ts")).learn,
  off: async () => (await import("./off.ts")).off,
};
