// Which flows are meant: by app, destination, verdict, and whether they are live.
import { basename } from "node:path";
import { splitAppPath } from "../../contract/app-path.ts";
import type { Flow, Verdict } from "../../contract/words.ts";

export type Chosen = (flow: Flow) => boolean;

type Wanted = {
  readonly app: string | undefined;
  readonly host: string | undefined;
  readonly verdict: Verdict | undefined;
  readonly live: boolean;
};

export function choose({ app, host, verdict, live }: Wanted): Chosen {
  return (flow) =>
    (app === undefined || isOf(flow, app)) &&
    (host === undefined || leadsTo(flow, host.toLowerCase())) &&
    (verdict === undefined || flow.verdict === verdict) &&
    (!live || flow.live);
}

/** By path, or by the last part of a path: of the executable, or of the script. */
function isOf({ app: { path, name } }: Flow, wanted: string): boolean {
  const { executable, script } = splitAppPath(path);
  return [
    path,
    name,
    executable,
    basename(executable),
    ...(script === null ? [] : [script, basename(script)]),
  ].includes(wanted);
}

/** By address, or by any name that it goes by, a domain's hosts included. */
function leadsTo({ endpoint: { address, host, names = [] } }: Flow, wanted: string): boolean {
  const called = [...(host === null ? [] : [host]), ...names.map(({ name }) => name)];
  return address === wanted || called.some((name) => name === wanted || name.endsWith(`.${wanted}`));
}
