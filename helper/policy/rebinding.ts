// Names of the internet that lead into the local network (docs/decisions/0013-rebinding.md). Pure.

import { contains, type Prefix } from "./address.ts";
import { isInternetName } from "./host-name.ts";
import { localPrefixes } from "./rule.ts";

/** Whether whoever owns the name could mean a machine of this network by it that is not theirs. `address`: 32 hex digits. */
export function isAstray(name: string, address: string, local: readonly Prefix[] = localPrefixes): boolean {
  return local.some((range) => contains(range, address)) && isInternetName(name);
}
