// The part of the X11 client (npm x11) that is used here.
declare module "x11" {
  import type { EventEmitter } from "node:events";

  type Reply<T> = (error: Error | null, value: T) => void;
  export interface XClient extends EventEmitter {
    InternAtom(onlyIfExists: boolean, name: string, reply: Reply<number>): void;
    GetProperty(
      remove: 0 | 1,
      window: number,
      property: number,
      type: number,
      offset: number,
      length: number,
      reply: Reply<{ data: Buffer }>,
    ): void;
    ChangeWindowAttributes(window: number, values: { eventMask: number }): void;
    terminate(): void;
  }
  export interface XDisplay {
    screen: { root: number }[];
    client: XClient;
  }
  export const eventMask: { PropertyChange: number };
  export function createClient(options: { display: string }, ready: Reply<XDisplay>): XClient;
}
