// Sperrlisten, was sie blockiert haben, und was an ihnen vorbei darf.
import type { Part } from "../catalogue.ts";
import type { blocklists as english } from "../en/blocklists.ts";
import { count, number } from "./amounts.ts";

export const blocklists: Part<typeof english> = {
  title: "Sperrlisten",
  label: "Deine Sperrlisten",
  total: (lists, entries) => `${count(lists, "Liste", "Listen")}, ${count(entries, "Eintrag", "Einträge")} in Kraft`,
  number,
  none: "Noch keine Sperrlisten",
  noneHint:
    "Eine Sperrliste ist eine Liste von Adressen, die jemand anderes pflegt: von Werbung, Trackern oder schädlichen Seiten.",
  noneHint2: "Was darauf steht, erreicht keine App. Eine Liste kann nur blockieren; erlauben kann sie nichts.",
  add: "Liste hinzufügen",
  refreshAll: "Alle erneuern",
  inForce: (name) => `In Kraft: ${name}`,
  off: "Abgeschaltet",
  refresh: (name) => `Erneuern: ${name}`,
  replace: (name) => `Neue Datei für: ${name}`,
  remove: (name) => `Entfernen: ${name}`,
  details: (name) => `Einzelheiten zu ${name}`,
  entries: (n) => (n === 1 ? "Eintrag" : "Einträge"),
  blocked: "Mal blockiert",
  fromFile: "Aus einer Datei von dir",
  refreshed: (time) => `erneuert ${time}`,
  taken: (time) => `übernommen ${time}`,
  never: "noch nicht geholt",
  nothing: "noch nichts in Kraft",
  busy: { waiting: "Wartet…", fetching: "Wird geholt…", reading: "Wird gelesen…" },
  failed: (time) => `Zuletzt versucht: ${time}.`,
  shrunk: {
    title: (n) => `Eine neue Fassung hat nur ${count(n, "Eintrag", "Einträge")}`,
    body: (n) => `Das ist weniger als die Hälfte der ${number(n)}, die in Kraft sind und es bleiben, bis du zustimmst.`,
    yes: "Neue Fassung verwenden",
  },
  contents: {
    label: "Was darin steht",
    hosts: (n) => count(n, "Host", "Hosts"),
    domains: (n) =>
      n === 1 ? "1 Domain mit jedem Host darin" : `${count(n, "Domain", "Domains")} mit jedem Host darin`,
    addresses: (n) => count(n, "Adresse oder Bereich", "Adressen und Bereiche"),
    exceptions: (n) => `${count(n, "Ausnahme", "Ausnahmen")}, die die Liste selbst macht`,
  },
  hits: {
    label: "Am häufigsten blockiert",
    none: "Sie hat noch nichts blockiert.",
    times: (n) => `${number(n)}-mal`,
    last: (time) => `zuletzt ${time}`,
  },
  skipped: {
    label: "Weggelassen",
    example: (line, text) => `Zeile ${line}: ${text}`,
    why: {
      not_carried_over: (n) => `${count(n, "Regel", "Regeln")} für Teile von Webseiten, die Picket nicht sehen kann`,
      public_suffix: (n) =>
        count(n, "Endung, die sich Fremde teilen, etwa „co.uk“", "Endungen, die sich Fremde teilen, etwa „co.uk“"),
      local_name: (n) => `${count(n, "Name", "Namen")} dieses Computers oder Netzes`,
      redirect: (n) =>
        count(
          n,
          "Zeile, die einen Namen umleitet, statt ihn zu blockieren",
          "Zeilen, die Namen umleiten, statt sie zu blockieren",
        ),
      local_address: (n) => `${count(n, "Adresse", "Adressen")} dieses Computers oder Netzes`,
      too_wide: (n) =>
        count(
          n,
          "Bereich, der einen guten Teil des Internets umfasst",
          "Bereiche, die einen guten Teil des Internets umfassen",
        ),
      too_long: (n) => count(n, "Zeile, die zu lang ist", "Zeilen, die zu lang sind"),
      unreadable: (n) => count(n, "unlesbare Zeile", "unlesbare Zeilen"),
    },
  },
  confirm: {
    title: "Diese Sperrliste entfernen?",
    body: "Was sie blockiert hat, wird nicht mehr blockiert, außer von einer Regel oder einer anderen Liste. Ihr Zähler geht mit ihr.",
    yes: "Liste entfernen",
    no: "Liste behalten",
  },
  form: {
    title: "Sperrliste hinzufügen",
    from: "Woher",
    sources: { url: "Aus dem Internet", file: "Aus einer Datei" },
    url: "Adresse der Liste",
    urlHint: "Sie wird jeden Tag neu geholt",
    file: "Datei",
    choose: "Datei auswählen…",
    chooseTitle: "Eine Datei mit einer Sperrliste",
    noFile: "Noch keine ausgewählt",
    fileHint: "Sie bleibt, wie sie ist, bis du eine neue Datei auswählst",
    name: "Name",
    nameHint: "Wie du sie nennen willst",
    kinds: "Verstanden werden Hosts-Dateien, Listen von Domains, Adblock-Listen von Domains und Listen von Adressen.",
    problems: {
      url: "Eine Adresse, die mit https:// oder http:// beginnt, ohne Passwort",
      file: "Wähle erst eine Datei aus",
      name: "Buchstaben, Ziffern, Leerzeichen, Punkte und Striche, höchstens 63",
    },
    save: "Liste hinzufügen",
    cancel: "Abbrechen",
  },
  except: {
    title: "Trotz Sperrlisten erlaubt",
    hint: "Das kommt an jeder Liste vorbei.",
    none: "Nichts darf an den Listen vorbei. Wenn eine zu viel blockiert: Such die blockierte Verbindung im Monitor und wähle dort „Trotz Sperrlisten erlauben“.",
    remove: "Entfernen",
    removeLabel: (sentence) => `Entfernen: ${sentence}`,
    since: (time) => `seit ${time}`,
    off: "abgeschaltet",
  },
};
