// Profile: Regeln, die zusammen gelten, von Hand oder nach dem Netz.
import type { Part } from "../catalogue.ts";
import type { profiles as english } from "../en/profiles.ts";
import { count, number } from "./amounts.ts";

export const profiles: Part<typeof english> = {
  title: "Profile",
  label: "Deine Profile",
  add: "Profil hinzufügen",
  none: "Noch keine Profile",
  noneHint: "Ein Profil sind Regeln, die zusammen gelten: zu Hause, bei der Arbeit oder im Café.",
  noneHint2: "Es ist aktiv, wenn du es sagst oder wenn dieser Computer in einem bestimmten Netz ist.",
  active: (name) => `Jetzt aktiv: ${name}`,
  noneActive: "Kein Profil ist aktiv",
  auto: "Das Netz entscheiden lassen",
  autoOn: "Aktiv wird das Profil, in dessen Netz dieser Computer ist.",
  autoOff: "Von dir gewählt. Es bleibt, bis du ein anderes wählst.",
  noNetworks: "NetworkManager läuft hier nicht, also kann das Netz nicht entscheiden: Profile wechseln von Hand.",
  here: (places) => `Verbunden mit ${places}.`,
  somewhere: "Mit einem Netz verbunden.",
  nowhere: "Mit keinem Netz verbunden.",
  place: {
    ssid: (name) => `dem WLAN „${name}“`,
    vpn: "einem VPN",
  },
  router: (address, mac) => (mac === null ? `Router ${address}` : `Router ${address} (${mac})`),
  tag: "Aktiv",
  take: "Verwenden",
  takeLabel: (name) => `Verwenden: ${name}`,
  edit: (name) => `Ändern: ${name}`,
  remove: (name) => `Entfernen: ${name}`,
  rules: (n) => count(n, "Regel", "Regeln"),
  rulesLabel: (rules, name) => `${rules} von ${name}`,
  noProfile: "Kein Profil",
  noProfileHint: "Nur Regeln ohne Profil gelten",
  missing: {
    tag: "Entfernt",
    hint: "Seine Regeln gelten erst, wenn es wieder da ist",
    again: "Neu anlegen",
    againLabel: (name) => `Neu anlegen: ${name}`,
  },
  when: {
    ssid: (name) => `im WLAN „${name}“`,
    gateway: (address) => `hinter dem Router ${address}`,
    vpn: "solange ein VPN an ist",
    noVpn: "solange kein VPN an ist",
    all: (conditions) => `Aktiv ${conditions}`,
    byHand: "Aktiv nur, wenn du es wählst",
  },
  form: {
    add: "Neues Profil",
    change: (name) => `Profil „${name}“ ändern`,
    name: "Name",
    nameHint: "Etwa Zuhause, Arbeit oder Café",
    whenHint: "Alles, was du ausfüllst, muss zutreffen. Lass alles offen, um das Profil von Hand zu wählen.",
    ssid: "WLAN",
    ssidHint: "Sein Name; leer für jedes",
    gateway: "Router",
    gatewayHint: "Seine Adresse, besser seine Hardware-Adresse; leer für jeden",
    vpn: "VPN",
    vpns: { any: "An oder aus", on: "An", off: "Aus" },
    problems: {
      name: "Ein Name aus 1 bis 64 Buchstaben",
      taken: "Ein Profil dieses Namens gibt es schon",
      ssid: "Höchstens 32 Buchstaben",
      gateway: "Das ist weder eine Adresse noch eine Hardware-Adresse",
    },
    save: "Profil speichern",
    cancel: "Abbrechen",
  },
  confirm: {
    title: "Dieses Profil entfernen?",
    body: (n) =>
      n === 0
        ? "Keine Regel gehört dazu."
        : n === 1
          ? "Seine Regel bleibt in der Liste und gilt erst, wenn es wieder ein Profil dieses Namens gibt."
          : `Seine ${number(n)} Regeln bleiben in der Liste und gelten erst, wenn es wieder ein Profil dieses Namens gibt.`,
    yes: "Profil entfernen",
    no: "Profil behalten",
  },
};
