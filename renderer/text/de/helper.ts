// Was der Hilfsdienst auf Englisch sagt. Sätze mit Code nach dem Code, die anderen nach ihrem Wortlaut (test/renderer/german.test.ts hält
// beides beieinander); was unbekannt ist, bleibt, wie es ist.
import type { Part } from "../catalogue.ts";
import type { helper as english } from "../en/helper.ts";
import { number } from "./amounts.ts";

const reasons: Readonly<Record<string, string>> = {
  "No rule covers it, so you are asked.": "Keine Regel passt, deshalb wirst du gefragt.",
  "Picket is learning: allowed and recorded.": "Picket lernt: erlaubt und gemerkt.",
  "No rule covers it, and the mode allows the rest.": "Keine Regel passt, und alles Übrige ist gerade erlaubt.",
  "No rule covers it, and the mode blocks the rest.": "Keine Regel passt, und alles Übrige ist gerade blockiert.",
  "Lockdown is on: nothing leaves or enters this computer.":
    "Komplettsperre: Nichts verlässt oder erreicht diesen Computer.",
  "Picket is paused: everything is allowed and recorded.": "Picket ist angehalten: Alles ist erlaubt und wird gemerkt.",
  "No rule covered it; the mode of that moment decided.": "Keine Regel passte; was damals galt, hat entschieden.",
  "This program has changed since you allowed it.": "Dieses Programm hat sich geändert, seit du es erlaubt hast.",
  "Nobody knows which program this was, and a rule blocks one there.":
    "Niemand weiß, welches Programm das war, und eine Regel blockiert dort eines.",
  "You allowed it once.": "Du hast es einmal erlaubt.",
  "You blocked it once.": "Du hast es einmal blockiert.",
  "A person ended it.": "Jemand hat sie beendet.",
  "It was allowed before.": "Es war vorher erlaubt.",
  "It was there before Picket guarded it.": "Es war schon da, bevor Picket es überwachte.",
  "A rule that is gone by now decided.": "Eine Regel, die es nicht mehr gibt, hat entschieden.",
};

const places: Readonly<Record<string, string>> = {
  "this address": "diese Adresse",
  "this range of addresses": "diesen Adressbereich",
  "any address": "jede Adresse",
  "this computer itself": "diesen Computer selbst",
  "the name servers of this computer": "die Nameserver dieses Computers",
  "the local network": "das lokale Netz",
  "the internet": "das Internet",
  "this destination": "dieses Ziel",
};

function place(english: string): string {
  return places[english] ?? english.replace(/^any host of (.*)$/u, "jeden Host von $1");
}

const kinds: Readonly<Record<string, string>> = {
  "Your rule": "Deine Regel",
  "An imported rule": "Eine importierte Regel",
  "A blocklist": "Eine Sperrliste",
  "A factory rule": "Eine eingebaute Regel",
};
const verbs: Readonly<Record<string, string>> = {
  allows: "erlaubt",
  blocks: "blockiert",
  "wants you asked about": "will, dass du gefragt wirst",
};
const ways: Readonly<Record<string, string>> = { to: "Ziel", from: "Herkunft", "to and from": "Ziel und Herkunft" };

// As helper/policy/reason.ts puts its parts together.
const ofRule =
  /^(Your rule|An imported rule|A blocklist|A factory rule) (allows|blocks|wants you asked about) (any app|this app)(?: started by (.+?))?( of this user)? (to and from|to|from) (.+?)(?:, ports? (\d+)(?: to (\d+))?)?(?: over ([A-Z]+))?(?: in profile “(.+)”)?\.$/u;

function ruleReason(sentence: string): string | null {
  const parts = ofRule.exec(sentence);
  if (parts === null) return null;
  const [, kind = "", verb = "", who, via, user, way = "", where = "", port, portTo, protocol, profile] = parts;
  return [
    `${kinds[kind]} ${verbs[verb]}: ${who === "any app" ? "jede App" : "diese App"}`,
    via && ` (gestartet von ${via})`,
    user && " dieses Benutzers",
    `, ${ways[way]}: ${place(where)}`,
    port && (portTo ? `, Ports ${port} bis ${portTo}` : `, Port ${port}`),
    protocol && `, über ${protocol}`,
    profile && `, im Profil „${profile}“`,
    ".",
  ].join("");
}

const degraded: Readonly<Record<string, string>> = {
  resolvers: "Die Nameserver ließen sich nicht lesen; nach Namensanfragen wird gefragt.",
  packetSockets: "Überwachte Prozesse umgehen Picket mit AF_PACKET-Sockets.",
  unsearched:
    "Nicht alle überwachten Prozesse ließen sich nach Sockets durchsuchen, die Picket nicht sieht: Sie sind zu viele oder haben zu viel offen.",
  outsideSockets: "Überwachte Prozesse haben Sockets von außerhalb, von denen Picket nichts sieht.",
  blocklists: "Sperrlisten blockieren wenig oder nichts, weil ihr Text fehlt oder beschädigt ist.",
  guardWaits: "Läuft noch nicht; wird überwacht, sobald es läuft.",
  guardFailed: "Ließ sich nicht überwachen.",
  guardUnknown: "Nicht überwacht.",
  guardUnwatched: "Neue Programmgruppen werden bis zu zwei Sekunden zu spät überwacht.",
  ringFull: "Von angehaltenen Paketen erfuhr der Hilfsdienst nichts; ihre Apps warten auf die eigene Wiederholung.",
  logFull: "In der Liste fehlen Verbindungen: zu viele auf einmal.",
  overBudget: "Angehaltene Datagramme gingen verloren: Eine App schickte mehr, als für ein Ziel behalten wird.",
  noStorage: "Sockets wurden abgewiesen, weil der Kernel keinen Platz für sie hatte.",
  unparsed: "Pakete wurden abgewiesen, weil Picket sie nicht lesen konnte.",
  overShare: "Nach angehaltenen Paketen wurde nicht sofort gefragt: Ihre App schickte zu viele.",
  inboundLimited: "Verbindungen von außen wurden ohne Frage verworfen: zu viele auf einmal.",
  preexisting: "Von Sockets, die älter sind als die Überwachung, ist die App nicht bekannt.",
  namesLost: "Namensanfragen blieben ungelesen: zu viele auf einmal. Manche Adressen haben keinen Namen.",
  unsaved: "Fragen ließen sich nicht speichern: Sie gingen mit dem Hilfsdienst verloren.",
  unasked: "Verbindungen warten ohne Frage: zu viele auf einmal.",
  forgotten: "Fragen, auf die niemand mehr wartete, machten Platz für neue.",
  leftOut: "Der Kernel hat keinen Platz für alle Regeln: Was sie entscheiden, wartet auf den Hilfsdienst.",
  unreadableRules: "Gespeicherte Regeln sind unlesbar und wirken nicht.",
  unnamed: "Zu viele Programme: Über weitere entscheidet der Hilfsdienst jedes Mal.",
  namingFull: "Angehaltene Pakete gingen verloren: Von zu vielen war die App noch nicht bekannt.",
  errorsWithheld: "Manche Sockets erfahren nichts von Fehlern: Ihre Prozesse haben zu viele offene Dateien.",
  journalLost: "Das Protokoll des Systems nahm nicht alles auf: zu viel auf einmal.",
  journalConf: "Verbindungen stehen nicht im Protokoll des Systems: Dessen Einstellung ist fehlerhaft.",
  lock: "Die Sperre der Verwaltung ist nicht lesbar; gesperrt ist deshalb alles.",
  windowGroup: "Das Fenster von Picket ist nicht zu erkennen: Seine Gruppe fehlt oder gehört jemandem.",
  rulesLost:
    "Die Datenbank war beschädigt oder fehlte, und die Regeln ließen sich nicht retten. Ist eine Sicherung da, spiele sie ein.",
  databaseReplaced:
    "Die Datenbank war beschädigt oder fehlte; die Regeln stammen aus ihren Resten oder aus der letzten Kopie.",
  diskFull: "Die Festplatte ist voll: Neue Antworten und Regeln lassen sich nicht speichern.",
  misfit: "Was ein früherer Hilfsdienst hinterließ, war beschädigt und wurde neu gemacht.",
  unrecorded: "Manche Programme konnte Picket nicht verfolgen: Für sie gilt eine Antwort nur einmal.",
  untold:
    "Programme wurden schneller gestartet, als Picket mitkam: Was zu ihnen gehört, wird mit ihrer nächsten Verbindung erkannt.",
  synsFull: "Zu viele Verbindungen warten: Nach manchen wird erst gefragt, wenn ihre App es wieder versucht.",
  errors: "Etwas ging schief; das Protokoll beschreibt es.",
  holdOverflow: "Angehaltene Pakete gingen verloren: Zu viele warten.",
  gatesUnwritten: "Entscheidungen fanden im Kernel keinen Platz: Nach ihren Verbindungen wird wieder gefragt.",
  droppedAtRelease: "Angehaltene Datagramme gingen verloren, als sie erlaubt wurden.",
};

const factoryNotes: Readonly<Record<string, string>> = {
  "factory:loopback": "Programme dieses Computers dürfen miteinander sprechen.",
  "factory:dns-udp": "Namen werden bei den eingestellten Nameservern nachgeschlagen.",
  "factory:dns-tcp": "Namen werden bei den eingestellten Nameservern nachgeschlagen.",
  "factory:dhcp": "Dieser Computer fragt ein Netz nach seiner Adresse.",
  "factory:dhcp6": "Dieser Computer fragt ein IPv6-Netz nach seiner Adresse.",
};

export const helper: Part<typeof english> = {
  reason: (sentence) =>
    reasons[sentence] ??
    ruleReason(sentence) ??
    sentence
      .replace(
        /^The blocklist “(.*)” has (.*)\.$/u,
        (_, list, what) => `Die Sperrliste „${list}“ enthält ${place(what)}.`,
      )
      .replace(
        /^A rule allows (.*), but here the name leads into the local network: that needs an answer for the address\.$/u,
        "Eine Regel erlaubt $1, aber hier führt der Name ins lokale Netz: Dafür braucht es eine Antwort zur Adresse.",
      ),
  degraded: (code, sentence) => {
    const said = degraded[code];
    if (said === undefined) return sentence;
    // What the sentence is about stands behind its colon, how often in brackets at its end.
    const about = /: ([^:]+?)\.?$/u.exec(sentence)?.[1];
    const often = /\((\d+)\)$/u.exec(sentence)?.[1];
    if (often !== undefined) return `${said} (${number(Number(often))})`;
    const names = [
      "packetSockets",
      "outsideSockets",
      "blocklists",
      "guardWaits",
      "guardFailed",
      "guardUnknown",
    ].includes(code)
      ? about
      : undefined;
    return names === undefined ? said : `${said.slice(0, -1)}: ${names}`;
  },
  hint: (sentence) =>
    sentence.replace(
      /^It decided nothing for (\d+) days\.$/u,
      (_, days) => `Hat seit ${number(Number(days))} Tagen nichts entschieden.`,
    ),
  factoryNote: (id, note) => factoryNotes[id] ?? note,
  change: () => "Eine Änderung, die zurückgenommen wird, wenn niemand sie bestätigt.",
  link: () => "",
};
