// What falls short, in one sentence for the person whose connections it is about. Pure.
import type * as words from "../contract/words.ts";

/** By counter: one sentence, told with how often. picket doctor knows what to do about each (main/cli/doctor/limits.ts). */
const meanings = {
  ringFull: "Held packets the helper was not told of: the apps wait for their own retransmission.",
  logFull: "Connections are missing from the list: too many at once.",
  overBudget: "Held datagrams were dropped: an app sent more than is kept for one destination.",
  noStorage: "Sockets were refused because the kernel had no room to track them.",
  unparsed: "Packets were refused because Picket could not read them.",
  overShare: "Held packets were not asked about at once: their app sent too many, and others must be heard too.",
  inboundLimited: "Connections from outside were dropped without a question: too many at once for one listener.",
  preexisting: "Sockets older than the guard have no known app: whatever held them could not be found.",
  namesLost: "Look-ups went by unread: their apps asked too much at once. Some addresses have no name.",
  unsaved: "Questions could not be written to the disk: they would be lost with the helper.",
  unasked: "Connections are held without a question: an app, or all together, asked for too many at once.",
  journalLost: "The system's journal did not take everything: it is too busy.",
  forgotten: "Questions that nobody waited for any more made room for new ones.",
  leftOut: "The kernel has no room for all rules: what they decide is held until the helper decides it.",
  unreadableRules: "Stored rules cannot be read and take no part.",
  unnamed: "Too many programs: connections of those beyond are decided by the helper each time.",
  namingFull: "Held packets were dropped: too many waited for Picket to find out which app they are of.",
  errorsWithheld:
    "Sockets that ask for errors hear of none, or where they are older than their guard of the hold: their processes have too many open files to find them in.",
  misfit:
    "What an earlier helper had pinned was damaged and was made anew: connections of that time are judged as new.",
  unrecorded:
    "Programs were started that Picket could not keep track of: what they connect to can be answered once only.",
  untold:
    "Programs started faster than Picket could take note: what belongs to them is recognised with their next connection.",
  synsFull: "Too many connections are held: some are asked about again only when their app repeats itself.",
  errors: "Things went wrong that the journal describes.",
  holdOverflow: "Held packets were dropped: too many are waiting.",
  gatesUnwritten: "Verdicts found no room in the kernel: their connections are held on and asked about again.",
  droppedAtRelease:
    "Held datagrams were dropped when they were allowed: they are too old, or must go another way by now or past other filters.",
} as const;

/** Of what no counter tells: who finds it says it. */
const others = [
  "guardWaits",
  "guardFailed",
  "guardUnknown",
  "guardUnwatched",
  "packetSockets",
  "unsearched",
  "outsideSockets",
  "resolvers",
  "lock",
  "windowGroup",
  "blocklists",
  "journalConf",
  "diskFull",
  "rulesLost",
  "databaseReplaced",
] as const;

export type DegradedCode = keyof typeof meanings | (typeof others)[number];

/** The contract's, with no code but those that this helper knows. */
export interface Degraded extends words.Degraded {
  code: DegradedCode;
}

/** All that a helper of this version says falls short. */
export const degradedCodes: readonly DegradedCode[] = [...(Object.keys(meanings) as DegradedCode[]), ...others];

/** `counters`: since the helper started. */
export function degradations(counters: Record<string, number>): Degraded[] {
  return (Object.entries(meanings) as [keyof typeof meanings, string][])
    .filter(([code]) => (counters[code] ?? 0) > 0)
    .map(([code, meaning]) => ({ code, message: `${meaning} (${counters[code]})` }));
}

/** `problem`: what the admin's lock says of itself (helper/people/locks.ts). */
export function lockProblem(problem: string | null): Degraded[] {
  return problem === null ? [] : [{ code: "lock", message: problem }];
}

/** `problem`: why nobody passes for the installed window (helper/server/window-group.ts). */
export function windowProblem(problem: string | null): Degraded[] {
  return problem === null ? [] : [{ code: "windowGroup", message: problem }];
}

/** `names`: of the lists without their text. */
export function idleLists(names: readonly string[]): Degraded[] {
  if (names.length === 0) return [];
  return [
    {
      code: "blocklists",
      message: `Blocklists that block little or nothing, as their text is missing or damaged: ${names.join(", ")}`,
    },
  ];
}
