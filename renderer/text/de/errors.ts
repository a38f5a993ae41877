// Fehler in Worten für Menschen; der Code steht klein dahinter.
import type { Part } from "../catalogue.ts";
import type { errors as english } from "../en/errors.ts";

export const errors: Part<typeof english> = {
  errors: {
    bad_message: "Das Fenster hat etwas geschickt, das der Hilfsdienst nicht lesen konnte. Nichts wurde geändert.",
    too_large: "Das ist mehr, als der Hilfsdienst auf einmal annimmt. Nichts wurde geändert.",
    unknown_method: "Der Hilfsdienst kann das nicht. Vielleicht ist er älter als dieses Fenster.",
    bad_params: "Der Hilfsdienst hat diese Angaben abgelehnt. Nichts wurde geändert.",
    version_mismatch:
      "Fenster und Hilfsdienst haben verschiedene Versionen. Starte Picket nach einer Aktualisierung neu.",
    hello_first: "Fenster und Hilfsdienst sind aus dem Takt. Starte Picket neu.",
    locked:
      "Eine Verwalterin oder ein Verwalter dieses Computers hat diese Einstellung gesperrt. Nichts wurde geändert.",
    own_session: "Du arbeitest über diese Verbindung: Sie würde dir unter den Händen enden.",
    not_stored:
      "Die Festplatte ist voll oder lässt sich nicht beschreiben, deshalb gilt das nicht. Schaffe Platz und versuche es noch einmal.",
    bad_backup: "Das ist keine Sicherung, die Picket lesen kann.",
    not_kept: "Was jetzt gilt, ließe sich danach nicht zurückholen. Nichts wurde geändert.",
    not_answering: "Der Hilfsdienst antwortet nicht. Was schon entschieden war, gilt inzwischen weiter.",
    not_written: "Die Datei ließ sich dort nicht speichern. Nichts wurde geschrieben.",
    file_unreadable:
      "Diese Datei lässt sich nicht lesen. Vielleicht gibt es sie nicht mehr, oder sie gehört jemand anderem.",
    not_permitted: "Dafür braucht es die Zustimmung der Verwaltung, und die fehlt. Nichts wurde geändert.",
    consent_pending: "Du wirst schon nach einem Passwort gefragt. Beantworte erst diese Frage.",
    unknown_prompt: "Diese Frage ist schon beantwortet.",
    prompt_not_held:
      "Der Versuch ist gerade zu Ende gegangen, einmalig gibt es nichts mehr zu entscheiden. Wähle „Für immer“, um für das nächste Mal zu antworten.",
    question_changed: "Die App hat gerade nach mehr gefragt. Sieh noch einmal hin und antworte dann.",
    interpreter_alone: "Das ist ein Interpreter. Eine Regel muss das Skript nennen, das er ausführt.",
    not_running: "Die App ist schon beendet. Wähle eine andere Dauer.",
    already_answered: "Diese Frage wurde inzwischen beantwortet.",
    prompt_held: "Auf die Antwort zu dieser Frage wartet noch jemand.",
    unknown_rule: "Diese Regel gibt es nicht mehr.",
    factory_rule: "Eingebaute Regeln kannst du abschalten, aber nicht löschen.",
    bad_address: "Das ist keine Adresse.",
    bad_name: "Das ist kein Hostname.",
    bad_matcher: "Diese Teile einer Regel passen nicht zusammen.",
    name_unknown: "Niemand kennt einen Namen dieses Ziels, deshalb gilt die Antwort nur für seine Adresse.",
    nothing_to_undo: "Es gibt nichts mehr zurückzunehmen.",
    unknown_flow: "Diese Verbindung steht nicht mehr in der Liste.",
    unknown_row: "Diese Zeile gibt es nicht mehr.",
    flow_held: "Diese Verbindung wartet auf deine Antwort. Beantworte die Frage.",
    flow_over: "Diese Verbindung ist schon zu Ende.",
    end_failed: "Diese Verbindung ließ sich nicht beenden. Eine Regel, die sie blockiert, hält sie auf.",
    unknown_profile: "Dieses Profil gibt es nicht mehr.",
    unknown_proposal: "Diesen Vorschlag gibt es nicht mehr.",
    nothing_to_confirm: "Es gibt nichts mehr zu bestätigen.",
    app_unknown: "Niemand weiß mehr, welches Programm gefragt hat. Du kannst nur für dieses Mal antworten.",
    unknown_blocklist: "Diese Sperrliste gibt es nicht mehr.",
    blocklist_exists: "Eine Sperrliste mit diesem Namen gibt es schon.",
    blocklist_fetched: "Diese Sperrliste wird von ihrer Adresse geholt und kann nicht durch eine Datei ersetzt werden.",
    blocklist_not_fetched: "Diese Sperrliste kam aus einer Datei. Wähle die Datei noch einmal, um sie zu erneuern.",
    blocklist_too_large: "Diese Sperrliste ist größer, als Picket annimmt.",
    blocklist_unreadable: "Darin liest sich nichts wie eine Sperrliste.",
    blocklist_shrunk:
      "Mehr als die Hälfte der Liste würde fehlen. Die alte gilt weiter, bis du die neue ausdrücklich annimmst.",
    not_listed: "Keine Sperrliste enthält etwas von diesem Ziel.",
    nothing_aside: "Für diese Sperrliste wartet keine neue Fassung.",
    fetch_failed: "Die Sperrliste ließ sich nicht holen. Die letzte gute gilt weiter.",
    too_many_blocklists: "Mehr Sperrlisten nimmt Picket nicht auf.",
    too_many_uploads: "Zu viele Sperrlisten werden gleichzeitig übergeben.",
    unknown_upload: "Der Text der Sperrliste ging unterwegs verloren. Versuche es noch einmal.",
    bad_range: "Für diese Zeit lässt sich kein Verlauf zeigen.",
    bad_zone: "Der Hilfsdienst kennt diese Zeitzone nicht.",
    run_failed: "Das Programm ließ sich nicht überwachen.",
    too_many_clients: "Zu viele Fenster und Werkzeuge sind mit dem Hilfsdienst verbunden.",
    internal: "Das ist dem Hilfsdienst misslungen; sein Protokoll sagt, warum. Nichts wurde geändert.",
    too_many_rules: "Mehr Regeln nimmt Picket nicht auf. Entferne zuerst einige.",
    bad_rules_file: "Diese Datei mit Regeln ist nicht lesbar.",
    duplicate_rule: "In der Datei steht eine zweite Regel über genau dasselbe.",
    no_helper: "Es läuft kein Hilfsdienst.",
    socket_not_trusted: "Der Zugang zum Hilfsdienst gehört nicht root, deshalb spricht dieses Fenster nicht mit ihm.",
    bad_reply:
      "Der Hilfsdienst hat etwas gesagt, das dieses Fenster nicht versteht. Vielleicht passen die Versionen nicht.",
  },
  errorHelp: {
    not_permitted:
      "Wurdest du nach einem Passwort gefragt? Dann versuch es noch einmal und gib es ein. Wenn nicht, öffne Picket über das Anwendungsmenü: Nur das installierte Fenster darf ohne Passwort mehr durchlassen.",
  },
  errorDetail: (code) => `(${code})`,
};
