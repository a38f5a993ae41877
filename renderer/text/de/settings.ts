// Einstellungen. `find`: andere Wörter, nach denen jemand sucht; sie werden nicht gezeigt.
import type { Catalogue } from "../catalogue.ts";

export const settings: Catalogue["settings"] = {
  search: "Einstellungen durchsuchen",
  nothing: "So heißt keine Einstellung",
  nothingHint: "Versuch ein anderes Wort, etwa „dunkel“, „Pause“ oder „Start“.",
  sections: {
    standing: "Schutz",
    asking: "Fragen",
    notices: "Ruhezeiten",
    look: "Aussehen",
    start: "Starten und schließen",
    about: "Über Picket",
  },

  mode: {
    title: "Neue Verbindungen",
    hint: "Was geschieht, wo keine Regel etwas sagt.",
    find: "modus fragen lernen erlauben blockieren vorgabe unbekannt still",
  },
  pause: { find: "schlummern aussetzen ausschalten aus anhalten vorübergehend" },
  lockdown: { find: "notfall offline flugmodus alles trennen sperren lockdown" },
  profile: { find: "netz zuhause arbeit wlan ort" },
  elsewhere: {
    open: (view) => `${view} öffnen`,
    profiles: {
      hint: "Regeln, die nur in manchen Netzen gelten, etwa zu Hause oder bei der Arbeit.",
      find: "profil netz wlan ort automatisch wechseln",
    },
    blocklists: {
      hint: "Listen von Zielen, die Apps nicht erreichen: Werbung, Verfolgung, Schadprogramme.",
      find: "sperrliste werbung tracker schadsoftware filter abonnement",
    },
    learning: {
      hint: "Was erlaubt wurde, während Picket lernte, damit es zu Regeln wird.",
      find: "lernen vorschläge annehmen durchsehen",
    },
  },

  scope: {
    title: "Wie weit eine Antwort zuerst reicht",
    hint: "Was gewählt ist, wenn eine Frage aufgeht. Bei jeder Frage kannst du es ändern.",
    find: "vorgabe frage antwort domain website ganze app",
    options: { endpoint: "Dieses eine Ziel", domain: "Die ganze Website", any: "Alles, was die App möchte" },
  },
  lifetime: {
    title: "Wie lange eine Antwort zuerst gilt",
    hint: "Auch das ist nur, was gewählt ist, wenn eine Frage aufgeht.",
    find: "vorgabe frage antwort einmal immer dauer zeit merken",
    options: {
      once: "Dieses Mal",
      quit: "Bis sie endet",
      "1h": "1 Stunde",
      restart: "Bis Neustart",
      forever: "Für immer",
    },
  },

  fullscreen: {
    title: "Ruhig bleiben, während ein Fenster den Bildschirm füllt",
    hint: "Fragen warten, und danach bekommst du eine Zusammenfassung.",
    find: "spiel film vortrag vollbild benachrichtigungen nicht stören",
  },
  doNotDisturb: {
    title: "Ruhig bleiben, während „Nicht stören“ an ist",
    hint: "So wie dein Desktop es sagt. Ist der Bildschirm gesperrt, ist Picket immer ruhig.",
    find: "benachrichtigungen stille fokus stumm ton",
  },
  snoozed: {
    title: "Apps, nach denen gerade nicht gefragt wird",
    none: "Es gibt keine. Bei jeder Frage kannst du ihre App schlummern lassen.",
    until: (time) => `bis ${time}`,
    wake: "Wieder fragen",
    wakeApp: (app) => `Wieder fragen nach ${app}`,
    find: "schlummern schlafen stumm app",
  },

  theme: {
    title: "Farben",
    hint: "",
    find: "thema dunkel hell nacht modus aussehen",
    options: { system: "Wie der Desktop", light: "Hell", dark: "Dunkel" },
  },
  contrast: {
    title: "Mehr Kontrast",
    hint: "Stärkere Linien und kräftigere Nebentexte. Was der Desktop eingestellt hat, zählt auch.",
    find: "barrierefrei hoher kontrast lesbar",
  },
  textSize: {
    title: "Größe der Schrift",
    hint: "Von allem in Pickets Fenstern. Strg mit + und − ändert sie auch, Strg mit 0 stellt sie zurück.",
    find: "zoom schriftgröße groß größer klein skalierung barrierefrei lesbar",
  },

  session: {
    title: "Mit der Sitzung starten",
    hint: "Ohne das fragt dich niemand, bis du Picket öffnest: Was keine Regel hat, wartet und wird dann blockiert, und die Frage kommt in den Eingang.",
    find: "autostart anmelden hochfahren hintergrund",
  },
  closing: {
    setting: "Wenn dieses Fenster geschlossen wird",
    hint: "Dieser Desktop zeigt keine Symbole im Infobereich. Ein geschlossenes Fenster findest du nur wieder, indem du Picket noch einmal startest.",
    find: "infobereich minimieren beenden verstecken schließen",
    options: { ask: "Mich fragen", minimise: "Minimieren", close: "Schließen" },
    title: "Picket wacht weiter",
    body: "Dein Desktop zeigt keine Symbole im Infobereich. Ein geschlossenes Fenster ist darum nicht leicht wiederzufinden: Starte Picket noch einmal, dann ist es wieder da. Fragen kommen so oder so.",
    again: "Picket merkt sich, was du wählst. In den Einstellungen steht es auch.",
    quit: "Beenden",
    close: "Schließen",
    minimise: "Minimieren",
  },
  quit: {
    title: "Beenden",
    hint: "Der Schutz geht ohne Fenster weiter: Regeln gelten, Neues wartet und wird dann blockiert.",
    button: "Pickets Fenster beenden",
    find: "aufhören schließen verlassen",
  },
  firstRun: {
    title: "Erste Schritte",
    hint: "Was Picket tut, mit einem Beispiel zum Ausprobieren.",
    button: "Erste Schritte zeigen",
    find: "hilfe anleitung einführung willkommen beispiel test",
  },

  about: {
    version: "Version",
    versionLine: (window, helper, kernel) => `Fenster ${window}, Hilfsdienst ${helper}, Linux ${kernel}`,
    serves: "Bedient",
    servesLine: (user) => `${user}, hier am Bildschirm`,
    level: "Wer erlauben darf",
    levels: {
      protected: "Dieses Fenster, oder wer das Passwort der Verwaltung kennt. Kein anderes Programm.",
      open: "Jedes deiner Programme: Dies ist ein Lauf zum Entwickeln.",
    },
    guarded: "Überwacht",
    guardedLine: (n) => `${n.toLocaleString("de")} ${n === 1 ? "Programmgruppe" : "Programmgruppen"}`,
    guardedNone: "Noch nichts",
    countries: "Länder",
    countriesLine: (name, date) => `${name}, ${date}`,
    countriesNone: "Es sind keine Daten installiert, darum werden keine Länder gezeigt.",
    licence: "Lizenz",
    licenceLine: "GPL-3.0-or-later; die Programme im Kernel GPL-2.0-or-later.",
    unknown: "Nicht bekannt, solange der Hilfsdienst fehlt.",
    find: "version lizenz stufe geschützt offen benutzer geoip daten kernel hilfsdienst",
  },
};
