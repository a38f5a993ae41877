// The contract's methods on the helper's side.
import { release } from "node:os";
import { CodedError } from "../contract/errors.ts";
import { contractVersion, type MethodName, type ParsedParams, type Result, type Topic } from "../contract/methods.ts";
import type { Degraded, Mode, Status } from "../contract/words.ts";
import type { BlocklistService } from "./blocklists/service.ts";
import type { Engine } from "./engine.ts";
import type { Runs } from "./guard/runs.ts";
import { closeDescriptor, peerPidfd } from "./kernel/peer.ts";
import type { Call, Connection } from "./server/connection.ts";

export interface ServiceParts {
  readonly engine: Engine;
  readonly runs: Runs;
  readonly blocklists: BlocklistService;
  readonly version: string;
  readonly mode: Mode;
  guarded(): string[];
  degraded(): Degraded[];
  counters(): Record<string, number>;
  stop(): void;
}

type Methods = {
  [M in MethodName]: (params: ParsedParams<M>, client: Connection) => Result<M> | Promise<Result<M>>;
};

export function statusOf(parts: ServiceParts): Status {
  return {
    helper: "running",
    version: parts.version,
    kernel: release(),
    mode: parts.mode,
    level: "open",
    guarded: parts.guarded(),
    degraded: parts.degraded(),
    prompts: parts.engine.prompts.count,
    pid: process.pid,
    counters: parts.counters(),
  };
}

/** The whole of a topic, as the first event of a watcher. */
function snapshot(parts: ServiceParts, topic: Topic): unknown {
  const { engine } = parts;
  const full = (changed: unknown[]) => ({ full: true, changed, removed: [] });
  switch (topic) {
    case "status":
      return statusOf(parts);
    case "prompts":
      return full(engine.prompts.list());
    case "flows":
      return full(engine.listFlows(1000));
    case "rules":
      return full(engine.listRules());
    case "blocklists":
      return full(parts.blocklists.lists());
  }
}

async function enterRun(runs: Runs, name: string, client: Connection): Promise<{ cgroup: string }> {
  const pidfd = peerPidfd(client.socket);
  try {
    return { cgroup: await runs.enter(client.peer.pid, pidfd, name) };
  } finally {
    closeDescriptor(pidfd);
  }
}

export function makeService(parts: ServiceParts): (call: Call) => Promise<unknown> {
  const { engine, runs } = parts;
  const service: Methods = {
    hello: () => ({ contract: contractVersion, version: parts.version }),
    status: () => statusOf(parts),
    "prompts.list": () => engine.prompts.list(),
    "prompts.answer": ({ id, action, scope, lifetime }) => engine.answers.answer(id, action, scope, lifetime),
    "prompts.dismiss": ({ id }) => {
      engine.answers.dismiss(id);
      return {};
    },
    "rules.list": () => engine.describeRules(),
    "rules.stage": (part, client) => engine.rulesFiles.stage(client, part),
    "rules.apply": (asked, client) => engine.rulesFiles.apply(client, asked),
    "rules.undo": ({ change }) => {
      engine.undo(change);
      return {};
    },
    explain: (asked) => engine.explain(asked),
    "rules.add": (rule) => engine.addRule(rule),
    "rules.remove": ({ id }) => {
      engine.removeRule(id);
      return {};
    },
    "rules.enable": ({ id, enabled }) => engine.enableRule(id, enabled),
    "flows.list": ({ limit }) => engine.listFlows(limit),
    ...parts.blocklists.methods,
    "run.enter": ({ name }, client) => enterRun(runs, name, client),
    "helper.stop": (_, client) => {
      if (client.peer.uid !== 0) throw new CodedError("not_permitted", "only root may stop the helper");
      parts.stop();
      return {};
    },
    watch: ({ topics }, client) => {
      const fresh = topics.filter((topic) => !client.topics.has(topic));
      client.topics.clear();
      for (const topic of topics) client.topics.add(topic);
      for (const topic of fresh) client.event(topic, snapshot(parts, topic));
      return {};
    },
  };
  return async ({ method, params, client }) => {
    const serve = service[method] as (params: unknown, client: Connection) => unknown;
    return serve(params, client);
  };
}
