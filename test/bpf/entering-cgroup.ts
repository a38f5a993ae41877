/** The command line of a process that enters a cgroup by itself and then becomes the command: nothing of it runs outside. */
export function enteringCgroup(directory: string, command: readonly string[]): [string, string[]] {
  return ["sh", ["-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', directory, ...command]];
}
