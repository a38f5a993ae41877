// Run inside the test machine by systemd.test.ts as root: performs one request of helper/guard/systemd.ts, prints its outcome as JSON.
import {
  ensureSlice,
  placeOfUnit,
  releaseSlice,
  type Scope,
  startScope,
  systemdManagesCgroups,
} from "../../helper/guard/systemd.ts";

const [what, argument] = process.argv.slice(2);
try {
  if (what === "manages") print(systemdManagesCgroups());
  else if (what === "slice") print(await ensureSlice(argument!));
  else if (what === "place") print(await placeOfUnit(argument!));
  else if (what === "release") print((await releaseSlice(argument!)) ?? null);
  else print(await startScope(JSON.parse(argument!) as Scope));
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  console.log(JSON.stringify({ error: { code, message } }));
}

function print(result: unknown): void {
  console.log(JSON.stringify({ result }));
}
