// What stands around the rules when it is not the ordinary: a mode other than asking, a pause or lockdown, the profile, a change on trial.
import type { Standing } from "../../contract/words.ts";
import { moment, plain } from "../format.ts";
import { useKnown } from "../store.ts";
import { text } from "../text.ts";

const words = text.standing;

type Fact = { key: string; word: string; tone: "plain" | "warn"; why?: string };

/** What matters most first; that it asks is the ordinary. */
function standingFacts({ mode, override, profile, trial }: Standing): Fact[] {
  const facts: Fact[] = [];
  if (override?.kind === "lockdown") facts.push({ key: "override", word: words.lockdown, tone: "warn" });
  if (override?.kind === "pause") {
    const word = override.ends === null ? words.paused : words.pausedUntil(moment(override.ends, new Date()));
    facts.push({ key: "override", word, tone: "warn" });
  }
  if (trial) {
    facts.push({
      key: "trial",
      word: words.trial(moment(trial.ends, new Date())),
      tone: "warn",
      why: text.helper.change(plain(trial.what)),
    });
  }
  if (mode !== "ask") facts.push({ key: "mode", word: words.mode[mode], tone: "plain" });
  if (profile !== null) facts.push({ key: "profile", word: words.profile(plain(profile)), tone: "plain" });
  return facts;
}

export function StandingTags() {
  const status = useKnown((known) => known.status);
  if (!status) return null;
  return standingFacts(status).map(({ key, word, tone, why }) => (
    <span key={key} className={`tag ${tone === "warn" ? "tag-warn" : ""} standing`} title={why ?? word}>
      {word}
    </span>
  ));
}
