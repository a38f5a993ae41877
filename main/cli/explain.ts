// `picket explain`: what would happen to a flow, and why.
import type { Result } from "../../contract/methods.ts";
import { directionSchema, protocolSchema } from "../../contract/words.ts";
import { withHelper } from "./helper-connection.ts";
import { appPath, portNumber, userId } from "./rule-words.ts";
import { printable, printableJson } from "./table.ts";
import { oneOf, parseWords, takeNoMore, UsageError } from "./usage.ts";

export async function explain(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, {
    app: { type: "string" },
    via: { type: "string" },
    user: { type: "string" },
    host: { type: "string" },
    address: { type: "string" },
    port: { type: "string" },
    protocol: { type: "string", default: "tcp" },
    direction: { type: "string", default: "outbound" },
    json: { type: "boolean" },
  });
  takeNoMore(positionals);
  if (values.app === undefined) throw new UsageError("--app is missing");
  if (values.port === undefined) throw new UsageError("--port is missing");
  if (values.host === undefined && values.address === undefined) throw new UsageError("--host or --address is missing");
  const asked = {
    app: appPath(values.app),
    via: values.via === undefined ? null : appPath(values.via, "--via"),
    user: values.user === undefined ? (process.getuid?.() ?? 0) : userId(values.user),
    host: values.host ?? null,
    address: values.address ?? null,
    port: portNumber(values.port),
    protocol: oneOf("--protocol", values.protocol, protocolSchema.options),
    direction: oneOf("--direction", values.direction, directionSchema.options),
  };
  const told = await withHelper("explain", (helper) => helper.call("explain", asked));
  if (values.json) {
    process.stdout.write(`${printableJson(told, 2)}\n`);
    return 0;
  }
  const lines = [
    sentence(told),
    ...(told.at ?? []).map(({ address, ...there }) => `at ${address}: ${sentence(there)}`),
  ];
  process.stdout.write(lines.map((line) => `${printable(line)}\n`).join(""));
  return 0;
}

function sentence({ verdict, reason, rule }: Pick<Result<"explain">, "verdict" | "reason" | "rule">): string {
  return `${verdict}: ${reason}${rule === null ? "" : ` (rule ${rule})`}`;
}
