// A client that sends mutated messages as fast as they are answered: `storm.ts SOCKET COUNT SEED REAL` (REAL: JSON, the ids that there are).
// Prints one line of JSON in the end: how many were sent, answered and how.
import { connect, type Socket } from "node:net";
import { contractVersion } from "../../contract/methods.ts";
import { Mutator, type Real } from "./mutants.ts";

const [path = "", count = "0", seed = "1", real = "{}"] = process.argv.slice(2);
const mutator = new Mutator(Number(seed), JSON.parse(real) as Real);
/** Under way at once on one connection: fewer than the helper's limit. */
const atOnce = 24;
const connections = 4;
const codes: Record<string, number> = {};
let [sent, answered, cut] = [0, 0, 0];

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket));
    socket.once("error", reject);
  });
}

/** One connection until it is closed or all is sent; what was under way on a closed one is not answered. */
async function serve(): Promise<void> {
  const socket = await open();
  let [waiting, text] = [1, ""];
  socket.write(
    `${JSON.stringify({ id: 0, method: "hello", params: { contract: contractVersion, client: "storm" } })}\n`,
  );
  await new Promise<void>((resolve) => {
    const push = () => {
      const lines: string[] = [];
      while (waiting + lines.length < atOnce && sent < Number(count)) lines.push(mutator.line(++sent));
      waiting += lines.length;
      if (lines.length > 0) socket.write(`${lines.join("\n")}\n`);
      if (waiting === 0 && sent >= Number(count)) socket.end();
    };
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        const reply = JSON.parse(line) as { event?: string; id: number | null; error?: { code: string } };
        if (reply.event !== undefined) continue;
        waiting--;
        answered++;
        const code = reply.error?.code ?? "result";
        codes[code] = (codes[code] ?? 0) + 1;
      }
      push();
    });
    socket.on("error", () => {});
    socket.once("close", () => {
      cut += waiting;
      resolve();
    });
  });
  if (sent < Number(count)) await serve();
}

await Promise.all(Array.from({ length: connections }, serve));
process.stdout.write(`${JSON.stringify({ sent, answered, cut, codes })}\n`);
