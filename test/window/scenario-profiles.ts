// Profiles of a scripted helper, and the networks it says this computer is in.
import { CodedError } from "../../contract/errors.ts";
import type { MethodName, Params, Result } from "../../contract/methods.ts";
import type { Networks, Profile } from "../../contract/words.ts";

export function aProfile(name: string, change: Partial<Profile> = {}): Profile {
  return { name, ssid: null, gateway: null, vpn: null, ...change };
}

export class ProfilesScenario {
  known: Profile[] = [];
  networks: Networks | null = null;

  /** Null: not about profiles. */
  answer(method: MethodName, params: unknown): unknown {
    switch (method) {
      case "profiles.list":
        return { profiles: this.known, networks: this.networks } satisfies Result<"profiles.list">;
      case "profiles.define": {
        const { name, ssid = null, gateway = null, vpn = null } = params as Params<"profiles.define">;
        const profile = { name, ssid, gateway, vpn };
        if (profile.gateway === "nonsense") throw new CodedError("bad_address", profile.gateway);
        this.known = [...this.known.filter(({ name }) => name !== profile.name), profile];
        return profile;
      }
      case "profiles.remove": {
        const { name } = params as Params<"profiles.remove">;
        this.known = this.known.filter((each) => each.name !== name);
        return { rules: [] };
      }
      default:
        return null;
    }
  }
}
