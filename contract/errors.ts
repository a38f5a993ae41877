// Every coded error that may cross the socket or reach the command line, in one place.

export const errorCodes = {
  bad_message: "The message is not valid JSON of the form {id, method, params}.",
  too_large: "The message is larger than the limit.",
  unknown_method: "There is no such method.",
  bad_params: "The parameters do not fit the method's schema.",
  version_mismatch: "Window and helper speak different versions of the contract.",
  hello_first: "The first message must be hello.",
  not_permitted: "This user may not do that.",
  consent_pending: "Somebody is being asked for consent already: answer that question first.",
  locked: "An administrator has locked this setting.",
  unknown_prompt: "There is no such prompt.",
  already_answered: "The question was answered meanwhile.",
  prompt_held: "Somebody waits for the answer: only what is in the inbox can be dismissed.",
  question_changed: "More has joined the question than was shown: the answer would mean that as well.",
  prompt_not_held: "The attempt is over: `once` has nothing left to decide.",
  app_unknown: "Nobody can tell any more which program asked, so it can only be answered `once`.",
  interpreter_alone: "An interpreter is the app of the script it runs: name both, /usr/bin/python3.11//home/a/sync.py.",
  not_running: "No process of the app runs: there is nothing that could quit.",
  unknown_rule: "There is no such rule.",
  factory_rule: "A factory rule can be disabled, not removed.",
  bad_address: "That is neither an address nor a CIDR range.",
  too_many_rules: "There would be more rules than can be listed: remove some first.",
  bad_rules_file: "That is no file of rules that can be read.",
  bad_backup: "That is no backup that can be read.",
  not_kept: "What there is now could not be brought back afterwards, so nothing was changed.",
  duplicate_rule: "Another rule of the file is about exactly the same.",
  nothing_to_undo: "There is nothing to take back.",
  bad_name: "That is no host name.",
  bad_matcher: "These parts of a rule do not go together.",
  name_unknown: "Nobody knows a name of this destination: it can be answered by its address.",
  unknown_blocklist: "There is no such blocklist.",
  blocklist_exists: "There is a blocklist of that name already.",
  blocklist_fetched: "That blocklist is fetched from its URL; its text cannot be handed over.",
  blocklist_not_fetched: "That blocklist has no URL to fetch it from; give a file.",
  blocklist_too_large: "The blocklist is larger than the limit.",
  blocklist_unreadable: "That is no blocklist.",
  blocklist_shrunk:
    "The update lost more than half of the entries, so it waits to be accepted; what was there before goes on.",
  unknown_flow: "There is no such flow any more.",
  not_listed: "No blocklist has anything of this destination.",
  nothing_aside: "No update of that blocklist waits to be accepted.",
  fetch_failed: "The blocklist could not be fetched.",
  too_many_blocklists: "There are too many blocklists.",
  too_many_uploads: "Too many blocklists are being handed over at once.",
  unknown_upload: "Nothing of that number is being handed over on this connection.",
  unknown_row: "The view has no such row.",
  flow_held: "It waits for an answer: that decides it.",
  flow_over: "It has ended already.",
  own_session: "You work over that connection: it would end under your hands.",
  end_failed: "The kernel does not end it.",
  unknown_profile: "There is no such profile.",
  unknown_proposal: "There is no such proposal.",
  nothing_to_confirm: "Nothing is on trial.",
  bad_range: "That is no range of time that history can be asked about.",
  bad_zone: "There is no such time zone.",
  run_failed: "The process could not be moved into a guarded cgroup.",
  not_stored: "It could not be written to the disk, so it does not count; free some space and try again.",
  too_many_clients: "Too many clients are connected.",
  internal: "The helper failed to do that; its journal says why.",
  // Raised by the client itself, never sent:
  not_answering: "The helper is there but does not answer: it hangs.",
  no_helper: "No helper answers on the socket.",
  socket_not_trusted: "The socket or its folder is not owned by root.",
  file_unreadable: "That file cannot be read.",
  bad_reply: "The helper sent something that does not fit the contract.",
  not_written: "The file could not be written.",
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** An error with a stable code; `message` adds the case at hand to the catalogue's sentence. */
export class CodedError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, detail?: string) {
    super(detail ? `${errorCodes[code]} (${detail})` : errorCodes[code]);
    this.name = "CodedError";
    this.code = code;
  }
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
