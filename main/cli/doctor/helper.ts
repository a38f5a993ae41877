// Does the helper run, is it this version's, does it guard what it should, and what does it say of itself? Pure.
import type { Status } from "../../../contract/words.ts";
import type { Facts } from "./facts.ts";
import { type Finding, good, note, unknown, wrong } from "./finding.ts";
import { limitFinding } from "./limits.ts";

export function helperFindings(facts: Facts): Finding[] {
  const { status } = facts.helper;
  return [
    runningFinding(facts),
    ...serviceFindings(facts),
    pinsFinding(facts),
    ...(status === null ? [] : aliveFindings(status, facts)),
  ];
}

const start = "Start it: sudo systemctl restart picket-helper. If it ends again, journalctl -u picket-helper says why.";
const startByHand = "Start it the way it was started before; it says on the terminal why it ends.";
const howToStart = ({ helper: { service, enabled } }: Facts) =>
  service === null && enabled === null ? startByHand : start;

/** What to do where no helper answers, by the code of the failure. */
const failures: Record<string, string> = {
  not_permitted:
    "Picket answers people who log in here, and root. Run this as one of them; /etc/picket/helper.conf (PICKET_PEOPLE) says whether one person alone is served.",
  too_many_clients:
    "Too many programs of yours are connected to Picket: end those that you do not need, or wait a moment.",
  bad_reply: "Picket was updated: restart the helper (sudo systemctl restart picket-helper) and the window.",
  socket_not_trusted: "Somebody other than root could have put that socket there. Look who owns its folder.",
  version_mismatch: "Picket was updated: restart the helper (sudo systemctl restart picket-helper) and the window.",
  not_answering:
    "It hangs. sudo systemctl restart picket-helper starts it anew; what was decided is enforced meanwhile.",
};

function runningFinding(facts: Facts): Finding {
  const { helper } = facts;
  const { status, failure, socket, version } = helper;
  if (status === null)
    return wrong(
      "helper",
      failure?.message ?? `no answer at ${socket}`,
      failures[failure?.code ?? ""] ?? howToStart(facts),
    );
  if (status.version !== version)
    return wrong("helper", `version ${status.version}, this command is ${version}`, failures.version_mismatch ?? start);
  return good("helper", `running, version ${status.version}, pid ${status.pid}`);
}

function serviceFindings({ helper: { service, enabled, status } }: Facts): Finding[] {
  if (service === null && enabled === null)
    return [note("service", "systemd does not run it: it ends with whoever started it")];
  const isOff = enabled !== null && !/^(enabled|static|alias)/.test(enabled);
  if (service === "activating" && status === null)
    return [note("service", "picket-helper.service is starting", "Wait a few seconds and look again.")];
  if (service !== "active" && status === null)
    return [wrong("service", `picket-helper.service is ${service ?? "unknown"}`, start)];
  if (service !== "active")
    return [note("service", `picket-helper.service is ${service ?? "unknown"}; the helper was started another way`)];
  if (isOff)
    return [
      wrong(
        "service",
        `active, but ${enabled}: it does not start with the computer`,
        "sudo systemctl enable picket-helper",
      ),
    ];
  return [good("service", "active, and starts with the computer")];
}

function pinsFinding(facts: Facts): Finding {
  const { pins, status } = facts.helper;
  const check = "programs in the kernel";
  if (status !== null) return good(check, "loaded");
  if (pins === null) return unknown(check, "only root can see them", "Run picket doctor as root (sudo).");
  if (pins)
    return note(check, "still loaded: what was decided before is enforced, everything new waits for the helper");
  return wrong(check, "none: nothing is guarded", howToStart(facts));
}

function aliveFindings(status: Status, facts: Facts): Finding[] {
  return [
    ...guardFindings(status, facts),
    levelFinding(status, facts),
    standingFinding(status),
    ...status.degraded.map(limitFinding),
  ];
}

/** A unit is wanted by its name and guarded by its place: "user.slice", "app.slice" below it. */
function guardFindings({ guarded }: Status, { helper: { wanted } }: Facts): Finding[] {
  if (guarded.length === 0)
    return [
      wrong(
        "guard",
        "nothing is guarded",
        "Name what is to be guarded in /etc/picket/helper.conf (PICKET_GUARD=user.slice), then sudo systemctl restart picket-helper.",
      ),
    ];
  const isCovered = (name: string) =>
    guarded.some((path) => `/${path}/`.includes(`/${name.replace(/^\/+|\/+$/g, "")}/`));
  const open = (wanted ?? []).filter((name) => !isCovered(name));
  if (open.length === 0) return [good("guard", guarded.join(" "))];
  return open.map((name) =>
    note(
      "guard",
      `${name} is not guarded at the moment`,
      "It is guarded as soon as it runs. If it does: is its name in /etc/picket/helper.conf right?",
    ),
  );
}

function levelFinding({ level }: Status, { helper: { service } }: Facts): Finding {
  if (level === "protected") return good("level", "protected");
  const found = "open: every program of this user may answer questions";
  return service === "active"
    ? wrong("level", found, "The installed service runs at level protected: reinstall Picket.")
    : note("level", `${found}, as in development`);
}

function standingFinding({ mode, override }: Status): Finding {
  if (override?.kind === "pause")
    return note(
      "mode",
      `paused until ${override.ends ?? "it is ended"}: everything is allowed`,
      "picket pause off ends it.",
    );
  if (override?.kind === "lockdown")
    return note("mode", "lockdown: everything is blocked", "picket lockdown off ends it.");
  if (mode === "learn")
    return note(
      "mode",
      "learn: everything new is allowed and noted",
      "picket learn review shows what was seen; picket mode ask begins to ask.",
    );
  if (mode === "allow") return note("mode", "allow: everything new is allowed", "picket mode ask begins to ask.");
  return good("mode", mode);
}
