// Die ersten Schritte: drei Seiten in einfachen Worten und ein Beispiel, das echt ist.
import type { Catalogue } from "../catalogue.ts";

export const firstRun: Catalogue["firstRun"] = {
  label: "Erste Schritte",
  step: (now, all) => `Schritt ${now} von ${all}`,
  next: "Weiter",
  back: "Zurück",
  later: "Überspringen",
  done: "Fertig",

  what: {
    title: "Picket fragt, bevor Apps sich verbinden",
    points: [
      [
        "Eine App möchte an einen neuen Ort",
        "Picket hält diese Verbindung fest. Noch hat nichts deinen Computer verlassen.",
      ],
      ["Du wirst gefragt", "Erlauben oder blockieren: dieses eine Mal, für eine Stunde oder für immer."],
      ["Deine Antwort bleibt", "Sie wird zur Regel, und von da an wird nach dieser App dort nicht mehr gefragt."],
    ],
    foot: "Was du sagst, bleibt auf diesem Computer. Picket selbst sendet nichts irgendwohin.",
  },

  learn: {
    title: { learn: "Am Anfang schaut Picket nur zu", other: "Picket arbeitet schon" },
    learning: [
      "Damit du nicht hundert Dinge auf einmal gefragt wirst, lernt Picket zuerst: Jede App darf, wohin sie möchte, und Picket merkt sich, wer wohin geht.",
      "Nach einigen Tagen machst du aus dem, was es gesehen hat, Regeln und lässt es nach dem Rest fragen. Was deine Regeln oder Sperrlisten blockieren, ist auch jetzt blockiert.",
    ],
    asking: [
      "Picket fragt nach allem, wofür es noch keine Regel gibt. In den ersten Tagen ist das viel; bald wird es ruhig.",
      "Wenn es zu viel ist, wähle oben rechts für eine Weile „Lernen“: Dann darf jede App, wohin sie möchte, und Picket merkt sich, wer wohin geht.",
    ],
    allowing: [
      "Was keine Regel hat, darf ohne Frage durch. Möchtest du gefragt werden, wähle oben rechts „Mich fragen“.",
    ],
    blocking: [
      "Was keine Regel hat, wird ohne Frage blockiert. Möchtest du gefragt werden, wähle oben rechts „Mich fragen“.",
    ],
    where: "Diese Schaltfläche oben rechts sagt immer, was gerade gilt, und ändert es.",
  },

  card: {
    title: "Probier es mit einer echten Frage aus",
    intro:
      "Auf Knopfdruck macht Picket eine Verbindung, die auf dich warten muss. Sie führt von diesem Computer zu ihm selbst; du kannst antworten, was du willst, ohne dass etwas passiert.",
    start: "Ausprobieren",
    again: "Noch einmal",
    starting: "Verbindung wird gemacht…",
    asking: "Sie wartet. Die Frage steht in einem eigenen Fenster: Antworte, wie du magst.",
    show: "Frage zeigen",
    allowed: "Sie kam durch, sobald du sie erlaubt hattest.",
    blocked: "Sie wurde abgewiesen, weil du sie blockiert hast.",
    proof: "So ist es bei jeder App. Das Beispiel hinterlässt keine Regel.",
    notUp: "Pickets Hilfsdienst antwortet nicht, darum gibt es noch nichts zum Ausprobieren.",
    failed: {
      paused:
        "Picket ist angehalten, darum darf alles durch und nichts wird gefragt. Beende die Pause und versuch es noch einmal.",
      lockdown:
        "Die Komplettsperre ist an, darum darf nichts durch und nichts wird gefragt. Beende sie und versuch es noch einmal.",
      refused: "Der Hilfsdienst hat die Regel des Beispiels nicht angenommen, darum konnte nichts gefragt werden.",
      silent:
        "Die Verbindung wurde gemacht, aber es kam keine Frage. Das sollte nicht passieren: In den Einstellungen steht unter „Über Picket“ mehr.",
      unanswered:
        "Niemand hat geantwortet, darum hat die Verbindung aufgegeben, wie Apps es tun. Versuch es noch einmal, wenn du magst.",
      broken: "Das Beispiel ließ sich nicht starten.",
    },
    quiet: "Auf deinem Desktop ist gerade Ruhe, darum kommt die Frage nicht von selbst.",
    keys: "Bei einer Frage: Alt+A erlaubt, Alt+B blockiert, Esc legt sie beiseite. Eingabe- und Leertaste antworten nie aus Versehen.",
  },

  end: {
    title: "Wann soll Picket anfangen zu fragen?",
    ask: "Ab jetzt fragen",
    askHint: "Du wirst nach allem Neuen gefragt. In den ersten Tagen ist das viel.",
    learn: "Weiter lernen",
    learnHint: "Vorerst wird nichts gefragt. Wähle oben rechts „Mich fragen“, wenn du so weit bist.",
  },
};
