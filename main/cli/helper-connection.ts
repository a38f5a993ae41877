// A connection to the helper for the length of one command.
import { defaultSocket, HelperClient } from "../client/client.ts";
import { trialText } from "./standing-text.ts";
import { printable } from "./table.ts";

export async function withHelper<T>(command: string, work: (helper: HelperClient) => Promise<T>): Promise<T> {
  const helper = await HelperClient.connect(defaultSocket, `picket ${command}`);
  try {
    return await work(helper);
  } finally {
    helper.close();
  }
}

/** The same for a change: one that is on trial by now, because it cuts the connection somebody works over, says so. */
export async function changing<T>(command: string, work: (helper: HelperClient) => Promise<T>): Promise<T> {
  return withHelper(command, async (helper) => {
    const result = await work(helper);
    const { trial } = await helper.call("status", {});
    if (trial !== null) process.stderr.write(`${printable(trialText(trial))}\n`);
    return result;
  });
}
