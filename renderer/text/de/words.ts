// Die Wörter der Verbindungen und Regeln, und was über ein Programm gesagt wird.
import type { Part } from "../catalogue.ts";
import type { words as english } from "../en/words.ts";
import { count, number } from "./amounts.ts";

export const words: Part<typeof english> = {
  unanswered: "Aufgegeben",
  live: "Aktiv",
  verdict: { allow: "Erlaubt", block: "Blockiert", held: "Wartet" },
  action: { allow: "Erlauben", block: "Blockieren", ask: "Fragen" },
  layer: {
    lockdown: "Komplettsperre",
    rule: "Deine Regel",
    blocklist: "Sperrliste",
    factory: "Eingebaute Regel",
    mode: "Keine Regel",
    answer: "Deine Antwort",
  },
  origin: {
    person: "Von dir",
    import: "Importiert",
    subscription: "Sperrliste",
    factory: "Eingebaut",
  },
  protocol: { tcp: "TCP", udp: "UDP", icmp: "ICMP", other: "anderes Protokoll" },
  unverified: "Ungeprüft",
  unverifiedWhy: "Picket kann für den Namen dieses Programms nicht bürgen und zeigt deshalb, wo es liegt.",
  asRoot: "Als root",
  unidentified: {
    title: "Ein unbekanntes Programm",
    word: "dieses Programm",
    callsItself: (name) => `Es nennt sich „${name}“.`,
    from: (path) => `Es wurde aus ${path} gestartet.`,
    states: {
      deleted: (path) => `Es wurde aus ${path} gestartet; die Datei wurde seitdem gelöscht oder ersetzt.`,
      changed: (path) => `Es wurde aus ${path} gestartet; die Datei hat sich seitdem geändert.`,
      "inside a sandbox": (path) => `Es läuft in einer Sandbox, aus etwas, das dort ${path} heißt.`,
    },
    otherState: (path, state) => `Es wurde aus ${path} gestartet (${state}).`,
    nothing: "Mehr ist nicht bekannt.",
    onceOnly: "Deine Antwort kann nur für dieses Mal gelten.",
  },
  inCountry: (place, country) => `${place}, ${country}`,
  bypass: {
    doh: {
      word: "Verschlüsselt nachgeschlagen",
      why: "Das Programm schlägt Namen selbst nach, verschlüsselt (DNS over HTTPS). Die Antworten sieht Picket nicht: Wohin es danach geht, steht vielleicht nur als Adresse da.",
    },
    dot: {
      word: "Verschlüsselt nachgeschlagen",
      why: "Das Programm schlägt Namen selbst nach, verschlüsselt (DNS over TLS). Die Antworten sieht Picket nicht: Wohin es danach geht, steht vielleicht nur als Adresse da.",
    },
    doq: {
      word: "Verschlüsselt nachgeschlagen",
      why: "Das Programm schlägt Namen selbst nach, verschlüsselt (DNS over QUIC). Die Antworten sieht Picket nicht: Wohin es danach geht, steht vielleicht nur als Adresse da.",
    },
    dns: {
      word: "Anderswo nachgeschlagen",
      why: "Das Programm fragt einen anderen Nameserver als dieser Computer. Für dessen Antworten bürgt niemand, deshalb kann keine Regel danach erlauben.",
    },
  },
  ech: {
    word: "Host verborgen",
    why: (name) =>
      `Welcher Host gemeint ist, wird verschlüsselt (Encrypted ClientHello); zu sehen ist nur ${name}, das für viele steht. Welcher es ist, weiß niemand.`,
  },
  details: {
    title: "Einzelheiten",
    program: "Programm",
    script: "Skript",
    file: "Läuft aus",
    via: "Gestartet von",
    tree: "Prozesse",
    treeGone: (pid) => `Prozess ${pid}; er ist inzwischen beendet`,
    process: (pid) => `Prozess ${pid}`,
    command: "Befehl",
    user: "Benutzer",
    userLine: (name, uid) => (name === null ? `Benutzer ${uid}` : `${name} (Benutzer ${uid})`),
    package: "Paket",
    packageLine: (name, version) => `${name} ${version}`,
    packaging: {
      flatpak: (id) => `Flatpak ${id}`,
      snap: (id) => `Snap ${id}`,
      appimage: (id) => `AppImage ${id}`,
      unit: (id) => `Dienst ${id}`,
      scope: (id) => id,
    },
    unproven: "nach eigener Angabe",
    noPackage: "keins, das dieses System kennt",
    content: "Fingerabdruck",
    name: "Name",
    sources: {
      query: "das Programm hat ihn nachgeschlagen",
      resolver: "dieser Computer hat ihn nachgeschlagen",
      sni: "das Programm sagt es selbst",
      quic: "das Programm sagt es selbst",
    },
    trusted: "die Antwort kam von deinem Nameserver",
    untrusted: "niemand bürgt dafür, deshalb kann ihn keine Regel erlauben",
    nameLine: (source, trust) => `${source}; ${trust}`,
    firstSeen: "Zuerst gesehen",
    firstSeenUnknown: "bevor Picket sich das merkte",
    today: "Heute",
    todayNothing: "davor nichts",
    todayLine: (allowed, blocked, destinations) =>
      `${count(allowed, "Verbindung", "Verbindungen")} erlaubt, ${number(blocked)} blockiert, ${count(destinations, "Ziel", "Ziele")}`,
    todayBytes: (received, sent) => `${received} empfangen, ${sent} gesendet`,
    reason: "Warum gefragt wird",
    loading: "Wird gesucht…",
    endpoints: {
      outbound: (n) => (n === 1 ? "Ziel" : `Alle ${number(n)} Ziele`),
      inbound: (n) => (n === 1 ? "Gegenstelle" : `Alle ${number(n)} Gegenstellen`),
    },
  },
};
