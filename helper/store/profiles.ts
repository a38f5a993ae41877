// Profiles in the database.
import { CodedError } from "../../contract/errors.ts";
import type { Profile } from "../../contract/words.ts";
import type { Store } from "./database.ts";

type Row = Omit<Profile, "vpn"> & { vpn: number | null };

export class Profiles {
  private readonly store: Store;
  constructor(store: Store) {
    this.store = store;
  }

  /** By name. */
  all(): Profile[] {
    return (this.store.prepare("SELECT * FROM profiles ORDER BY name").all() as Row[]).map(({ vpn, ...rest }) => ({
      ...rest,
      vpn: vpn === null ? null : vpn === 1,
    }));
  }

  has(name: string): boolean {
    return this.store.prepare("SELECT 1 FROM profiles WHERE name = ?").get(name) !== undefined;
  }

  /** One of the same name is replaced. */
  define({ vpn, ...rest }: Profile): void {
    this.store
      .prepare("INSERT OR REPLACE INTO profiles (name, ssid, gateway, vpn) VALUES (@name, @ssid, @gateway, @vpn)")
      .run({ ...rest, vpn: vpn === null ? null : Number(vpn) });
  }

  /** Errors: unknown_profile. */
  remove(name: string): void {
    if (this.store.prepare("DELETE FROM profiles WHERE name = ?").run(name).changes === 0)
      throw new CodedError("unknown_profile", name);
  }
}
