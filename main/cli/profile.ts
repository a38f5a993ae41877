// `picket profile`: which is active, and their conditions.
import type { Profile } from "../../contract/words.ts";
import { changing, withHelper } from "./helper-connection.ts";
import { standingRows } from "./standing-text.ts";
import { printable, printableJson, table } from "./table.ts";
import { oneOf, parseWords, takeNoMore, UsageError } from "./usage.ts";

export async function profile(args: string[]): Promise<number> {
  const [first, ...rest] = args;
  if (first === "define") return define(rest);
  if (first === "remove") return remove(rest);
  if (first === undefined || first.startsWith("-")) return list(args);
  return choose(args);
}

function cells(known: Profile, active: string | null): string[] {
  const vpn = known.vpn === null ? "any" : known.vpn ? "yes" : "no";
  return [known.name, known.name === active ? "yes" : "no", known.ssid ?? "any", known.gateway ?? "any", vpn];
}

async function list(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  takeNoMore(positionals);
  const { known, status } = await withHelper("profile", async (helper) => ({
    known: await helper.call("profiles.list", {}),
    status: await helper.call("status", {}),
  }));
  const { profile: active, automatic } = status;
  if (values.json) {
    process.stdout.write(`${printableJson({ ...known, active, automatic }, 2)}\n`);
    return 0;
  }
  const rows = known.profiles.map((each) => cells(each, active));
  process.stdout.write(table(["NAME", "ACTIVE", "SSID", "GATEWAY", "VPN"], rows, "no profiles"));
  const { networks } = known;
  const here = [
    ...(networks?.ssids ?? []),
    ...(networks?.gateways ?? []).map(({ address, mac }) => (mac === null ? address : `${address} (${mac})`)),
    ...(networks?.vpn ? ["VPN"] : []),
  ];
  process.stdout.write(
    `${printable(
      networks === null
        ? "NetworkManager does not run: profiles change by hand only."
        : `Now: ${here.join(", ") || "no network"}. ${automatic ? "The network chooses." : "Chosen by hand (picket profile auto)."}`,
    )}\n`,
  );
  return 0;
}

async function choose(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  const [name, ...rest] = positionals;
  takeNoMore(rest);
  if (name === undefined) throw new UsageError("profile needs a NAME, none or auto");
  const wanted = name === "auto" ? { automatic: true as const } : { name: name === "none" ? null : name };
  const standing = await changing("profile", (helper) => helper.call("profile.set", wanted));
  process.stdout.write(
    values.json ? `${printableJson(standing, 2)}\n` : table(["WHAT", "NOW"], standingRows(standing)),
  );
  return 0;
}

async function define(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, {
    ssid: { type: "string" },
    gateway: { type: "string" },
    vpn: { type: "string" },
    json: { type: "boolean" },
  });
  const [name, ...rest] = positionals;
  takeNoMore(rest);
  if (!name) throw new UsageError("profile define needs a NAME");
  if (["none", "auto", "define", "remove"].includes(name)) throw new UsageError(`"${name}" means something else here`);
  const vpn = values.vpn === undefined ? null : oneOf("--vpn", values.vpn, ["yes", "no"]) === "yes";
  const defined = await changing("profile", (helper) =>
    helper.call("profiles.define", {
      name,
      ssid: values.ssid ?? null,
      gateway: values.gateway ?? null,
      vpn,
    }),
  );
  process.stdout.write(values.json ? `${printableJson(defined, 2)}\n` : `${printable(`defined ${name}`)}\n`);
  return 0;
}

async function remove(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  const [name, ...rest] = positionals;
  takeNoMore(rest);
  if (!name) throw new UsageError("profile remove needs a NAME");
  const result = await changing("profile", (helper) => helper.call("profiles.remove", { name }));
  const { rules } = result;
  const stay =
    rules.length === 0 ? "" : `; its rules stay, and count again once it is defined again: ${rules.join(", ")}`;
  process.stdout.write(values.json ? `${printableJson(result, 2)}\n` : `${printable(`removed ${name}${stay}`)}\n`);
  return 0;
}
