// What to do about each thing that a helper says works with limits. Pure.
import type { Degraded } from "../../../contract/words.ts";
import { type Finding, note, wrong } from "./finding.ts";

const config = "/etc/picket/helper.conf";
const restart = "sudo systemctl restart picket-helper";
const busy =
  "It was busy for a moment and went on by itself. If the number keeps growing, look in picket flows which app that is.";
const restartsCount = `The number begins anew with the helper (${restart}); what was decided is enforced meanwhile.`;

/** Something does not work until somebody does this. */
const broken: Record<string, string> = {
  guardFailed: `sudo journalctl -u picket-helper says why. ${restart} tries it again.`,
  guardUnknown: `Correct the name in ${config} (PICKET_GUARD), then ${restart}.`,
  guardUnwatched: `Too many programs watch files: raise fs.inotify.max_user_instances with sysctl, then ${restart}.`,
  resolvers: "Look at /etc/resolv.conf: it has to name a server, and everybody must be able to read it.",
  lock: "Look at /etc/picket/locked: it has to be root's alone, and to name only: rules answers mode profiles blocklists history.",
  windowGroup:
    "It has to be a group of the system's without members: remove or rename one that is somebody's (/etc/group), then install Picket again. Rules count meanwhile; to allow more takes root, or a person's password.",
  journalConf: `Look at /etc/picket/journal.conf: it has to be root's alone, and to say FLOWS=none, blocked or all. Then ${restart}.`,
  diskFull: "Free some space; it goes on by itself.",
  unsaved: "Free some space; it goes on by itself.",
  rulesLost: "picket restore FILE brings a backup back.",
  databaseReplaced: "Look through your rules (picket rules). It is said for a week.",
  blocklists:
    "picket blocklists refresh fetches them anew; one that came from a file needs it again: picket blocklists refresh NAME FILE.",
  packetSockets: "Such programs see and send packets past every firewall: be sure that you want them.",
  unsearched:
    "A program has very many files open, starts very many others, or makes very many cgroups or very deep ones. Picket looks for such sockets again once that is over.",
  outsideSockets:
    "They were started with these sockets, or were given them. Start the programs anew from within the guard. TCP connections that came along are not counted.",
  unreadableRules:
    "sudo journalctl -u picket-helper says which. Make them again (picket rules add), or bring a backup back.",
  leftOut:
    "There are more rules or blocklists than the kernel has room for: remove some that you do not need (picket rules check).",
  noStorage: `The kernel is short of memory. Close something large, then ${restart} if apps still get no connections.`,
};

/** It happened, and is over; or nobody can do anything about it. */
const happened: Record<string, string> = {
  // Said by the guard's own line.
  guardWaits: "It is guarded as soon as it runs.",
  ringFull: busy,
  logFull: busy,
  overBudget: busy,
  overShare: busy,
  inboundLimited: "Somebody called very often. picket flows shows who; a rule that blocks them keeps them quiet.",
  namesLost: busy,
  unasked: "They are asked about when others are answered: picket prompts.",
  forgotten: "They are asked about again when the app tries again.",
  journalLost: "The journal was too busy. FLOWS=blocked or none in /etc/picket/journal.conf writes less.",
  synsFull: busy,
  untold: busy,
  holdOverflow: busy,
  namingFull: busy,
  gatesUnwritten: busy,
  droppedAtRelease: "The app sends again; if it does not, try again there.",
  unparsed: "picket flows shows nothing of them: they are damaged, or of a kind that no ordinary app sends.",
  preexisting: "They were there before Picket. Restart the apps they belong to, or the computer.",
  unnamed: `Restart the computer, or the helper, when it is quiet. ${restartsCount}`,
  unrecorded: "Restart the programs that can be answered once only.",
  errorsWithheld:
    "Those apps learn of a failed connection a little later. One that fails while it is asked about works once it was started again.",
  misfit: "Nothing is to be done: it was made good when the helper started.",
  errors: "sudo journalctl -u picket-helper -p err shows them.",
};

/** All that the list knows. */
export const knownLimits: ReadonlySet<string> = new Set([...Object.keys(broken), ...Object.keys(happened)]);

export function limitFinding({ code, message }: Degraded): Finding {
  const check = `limits: ${code}`;
  if (Object.hasOwn(happened, code)) return note(check, message, happened[code]);
  const fix = Object.hasOwn(broken, code) ? broken[code] : undefined;
  // Of a newer helper.
  return wrong(check, message, fix ?? `If it stays: ${restart}. What was decided is enforced meanwhile.`);
}
