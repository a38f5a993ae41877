// A connection to the helper for the length of one command.
import { defaultSocket, HelperClient } from "../client/client.ts";

export async function withHelper<T>(command: string, work: (helper: HelperClient) => Promise<T>): Promise<T> {
  const helper = await HelperClient.connect(defaultSocket, `picket ${command}`);
  try {
    return await work(helper);
  } finally {
    helper.close();
  }
}
