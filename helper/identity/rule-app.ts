// What rules call an app that a person names by one of its versions.
import { joinAppPath, splitAppPath } from "../../contract/app-path.ts";
import { placeOf } from "./places.ts";
import { versionPattern } from "./versions.ts";

/** A version that is not there, or beside which others may put one, is an app of its own. */
async function keyOf(path: string): Promise<string> {
  return versionPattern(path) === null ? path : (await placeOf(path)).key;
}

async function appKey(app: string): Promise<string> {
  const { executable, script } = splitAppPath(app);
  const [key, scriptKey] = await Promise.all([keyOf(executable), script === null ? null : keyOf(script)]);
  return joinAppPath({ executable: key, script: scriptKey });
}

/** The same with its apps as rules call them. */
export async function withAppKeys<T extends { app?: string | null | undefined; via?: string | null | undefined }>(
  given: T,
): Promise<T> {
  const { app, via } = given;
  return { ...given, ...(app && { app: await appKey(app) }), ...(via && { via: await appKey(via) }) };
}
