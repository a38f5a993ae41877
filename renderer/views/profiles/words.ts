// When a profile is active and where this computer is, in words; and when what stands in the form can be a profile. Pure.
import * as v from "valibot";
import { type Networks, type Profile, profileSchema, type Rule } from "../../../contract/words.ts";
import { plain } from "../../format.ts";
import { language, text } from "../../text.ts";

const words = text.profiles;

export function whenActive({ ssid, gateway, vpn }: Omit<Profile, "name">): string {
  const { when } = words;
  const conditions = [
    ...(ssid === null ? [] : [when.ssid(plain(ssid))]),
    ...(gateway === null ? [] : [when.gateway(plain(gateway))]),
    ...(vpn === null ? [] : [vpn ? when.vpn : when.noVpn]),
  ];
  return conditions.length === 0 ? when.byHand : when.all(conditions.join(", "));
}

const all = new Intl.ListFormat(language, { type: "conjunction" });

/** What a person would call the place, and what tells it from others. */
export function whereNow({ ssids, gateways, vpn }: Networks): { place: string; routers: string } {
  const places = [...ssids.map((name) => words.place.ssid(plain(name))), ...(vpn ? [words.place.vpn] : [])];
  const routers = gateways.map(({ address, mac }) => words.router(address, mac)).join(", ");
  if (places.length > 0) return { place: words.here(all.format(places)), routers };
  return { place: gateways.length > 0 ? words.somewhere : words.nowhere, routers };
}

/** Rules by their profile's name. */
export function rulesByProfile(rules: Iterable<Rule>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { profile } of rules) if (profile !== null) counts.set(profile, (counts.get(profile) ?? 0) + 1);
  return counts;
}

export type Draft = { name: string; ssid: string; gateway: string; vpn: "any" | "on" | "off" };
export type Problem = "name" | "taken" | "ssid";

export function draftOf({ name, ssid, gateway, vpn }: Profile): Draft {
  return { name, ssid: ssid ?? "", gateway: gateway ?? "", vpn: vpn === null ? "any" : vpn ? "on" : "off" };
}

export function profileOf({ name, ssid, gateway, vpn }: Draft): Profile {
  return {
    name: name.trim(),
    // A network's name may begin or end with a blank.
    ssid: ssid === "" ? null : ssid,
    gateway: gateway.trim() || null,
    vpn: vpn === "any" ? null : vpn === "on",
  };
}

/** `others`: names that are taken. Whether a router's address is one, the helper says. */
export function problemsOf(draft: Draft, others: readonly string[]): Problem[] {
  const { name, ssid } = profileOf(draft);
  return [
    ...(v.is(profileSchema.entries.name, name) ? [] : (["name"] as const)),
    ...(others.includes(name) ? (["taken"] as const) : []),
    ...(v.is(profileSchema.entries.ssid, ssid) ? [] : (["ssid"] as const)),
  ];
}
