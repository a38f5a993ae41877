// Profiles: sets of rules that count together, by hand or by the network.
import { count } from "./amounts.ts";

export const profiles = {
  title: "Profiles",
  label: "Your profiles",
  add: "Add profile",
  none: "No profiles yet",
  noneHint: "A profile is a set of rules that count together: at home, at work, or in a café.",
  noneHint2: "It is active when you say so, or when this computer is in a certain network.",
  active: (name: string) => `Active now: ${name}`,
  noneActive: "No profile is active",
  auto: "Let the network choose",
  autoOn: "The profile whose network this computer is in becomes the active one.",
  autoOff: "Chosen by you. It stays until you choose another one.",
  noNetworks: "NetworkManager does not run here, so the network cannot choose: profiles change by hand.",
  here: (places: string) => `Connected to ${places}.`,
  somewhere: "Connected to a network.",
  nowhere: "Not connected to any network.",
  place: {
    ssid: (name: string) => `Wi-Fi “${name}”`,
    vpn: "a VPN",
  },
  router: (address: string, mac: string | null) => (mac === null ? `Router ${address}` : `Router ${address} (${mac})`),
  tag: "Active",
  take: "Use",
  takeLabel: (name: string) => `Use: ${name}`,
  edit: (name: string) => `Change: ${name}`,
  remove: (name: string) => `Remove: ${name}`,
  rules: (n: number) => count(n, "rule", "rules"),
  rulesLabel: (rules: string, name: string) => `${rules} of ${name}`,
  noProfile: "No profile",
  noProfileHint: "Only rules that are in no profile count",
  missing: {
    tag: "Removed",
    hint: "Its rules do not count until it is there again",
    again: "Define again",
    againLabel: (name: string) => `Define again: ${name}`,
  },
  when: {
    /** Ways of saying when a profile becomes active, one after the other. */
    ssid: (name: string) => `on the Wi-Fi “${name}”`,
    gateway: (address: string) => `behind the router ${address}`,
    vpn: "while a VPN is on",
    noVpn: "while no VPN is on",
    all: (conditions: string) => `Active ${conditions}`,
    byHand: "Active only when you choose it",
  },
  form: {
    add: "New profile",
    change: (name: string) => `Change profile “${name}”`,
    name: "Name",
    nameHint: "Such as Home, Work or Café",
    whenHint: "All that you fill in has to be true. Leave everything open to choose the profile by hand.",
    ssid: "Wi-Fi network",
    ssidHint: "Its name; empty for any",
    gateway: "Router",
    gatewayHint: "Its address, or better its hardware address; empty for any",
    vpn: "VPN",
    vpns: { any: "On or off", on: "On", off: "Off" },
    problems: {
      name: "A name of 1 to 64 letters",
      taken: "There is a profile of that name already",
      ssid: "No more than 32 letters",
      gateway: "That is neither an address nor a hardware address",
    },
    save: "Save profile",
    cancel: "Cancel",
  },
  confirm: {
    title: "Remove this profile?",
    body: (n: number) =>
      n === 0
        ? "No rule is in it."
        : n === 1
          ? "Its rule stays in the list and does not count until there is a profile of that name again."
          : `Its ${n.toLocaleString("en")} rules stay in the list and do not count until there is a profile of that name again.`,
    yes: "Remove profile",
    no: "Keep profile",
  },
};
