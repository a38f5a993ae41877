// What runs beside Picket: what it likes to have, and what gets in its way. Pure.
import type { Facts } from "./facts.ts";
import { type Finding, good, note, wrong } from "./finding.ts";

/** Programs that hold the same connections to ask about them. The kernel cuts names to 15 characters. */
const rivals: Record<string, string> = {
  opensnitchd: "OpenSnitch",
  "portmaster-core": "Portmaster",
  "portmaster-star": "Portmaster",
  littlesnitch: "Little Snitch",
  "little-snitch": "Little Snitch",
  douaned: "Douane",
};

/** Programs of which people think they would collide. */
const neighbours: Record<string, string> = {
  firewalld: "firewalld filters packets beside Picket: what either blocks is blocked",
  tailscaled:
    "Tailscale's names of the internet lead into the local network: they are asked about once more for their address",
  mullvad_daemon: "Mullvad routes what Picket allows",
};

export function surroundingsFindings({
  surroundings: { processes, networkManager, resolved, resolvers },
}: Facts): Finding[] {
  const found = Object.keys(rivals).filter((name) => processes.has(name));
  const colliding = [...new Set(found.map((name) => rivals[name] ?? name))];
  return [
    ...(colliding.length === 0
      ? [good("other firewalls that ask", "none")]
      : colliding.map((name) =>
          wrong(
            "other firewalls that ask",
            `${name} runs`,
            `Two of them ask about the same connections and hold each other's. Switch ${name} off, or remove Picket.`,
          ),
        )),
    ...Object.entries(neighbours)
      .filter(([name]) => processes.has(name))
      .map(([name, what]) => note(`beside it: ${name}`, what)),
    networkManager
      ? good("NetworkManager", "runs: profiles can follow the network")
      : note("NetworkManager", "does not run: profiles change by hand only"),
    resolved
      ? good("systemd-resolved", "runs: names of apps that ask it are known")
      : note("systemd-resolved", "does not run: names are known from look-ups at port 53"),
    resolvers > 0
      ? good("resolvers", `${resolvers} in /etc/resolv.conf`)
      : wrong(
          "resolvers",
          "none in /etc/resolv.conf: no name can be trusted, questions show addresses",
          "Set a name server, or start systemd-resolved.",
        ),
  ];
}
