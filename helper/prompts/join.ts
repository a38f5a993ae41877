// Which card an attempt belongs to. Pure.
import type { App, Direction, Endpoint, Prompt } from "../../contract/words.ts";
import { isSameContent } from "../identity/contents.ts";
import { commonDomain } from "../policy/scope.ts";

/** How long after the last attempt the other address family still counts as the same try (RFC 8305 waits 250 ms between them). */
const twinWindow = 3000;

export interface Asked {
  readonly app: App;
  readonly direction: Direction;
  readonly endpoints: readonly Endpoint[];
  readonly process: Prompt["process"];
}

export interface Asking {
  readonly app: App;
  readonly direction: Direction;
  readonly endpoint: Endpoint;
  readonly process: Prompt["process"];
  /** CLOCK_BOOTTIME milliseconds: a clock that is set makes no twins. */
  readonly at: number;
}

function family(endpoint: Endpoint): 4 | 6 {
  return endpoint.address.includes(":") ? 6 : 4;
}

/** One service over both transports: HTTP over TCP and over QUIC. */
function isTransportTwin(a: Endpoint, b: Endpoint): boolean {
  const transports =
    a.protocol !== b.protocol && [a, b].every(({ protocol }) => protocol === "tcp" || protocol === "udp");
  return transports && a.address === b.address && a.port === b.port;
}

/** One name's two addresses, tried one after the other. Only the card's first endpoint has twins: chains would swallow strangers. */
function isFamilyTwin(a: Endpoint, b: Endpoint): boolean {
  return a.port !== 0 && a.port === b.port && family(a) !== family(b);
}

/** Whether an answer about one is an answer about the other: the same app, running the same content as far as that counts. */
export function isSameProgram(a: App, b: App): boolean {
  return a.path === b.path && isSameContent(a.content, b.content);
}

/** `lastAttempt`: when the card's newest attempt came, CLOCK_BOOTTIME milliseconds. */
export function joins(card: Asked, lastAttempt: number, attempt: Asking): boolean {
  if (!isSameProgram(card.app, attempt.app) || card.direction !== attempt.direction) return false;
  // Two programs that nobody can be sure of are not one because as little is known of both.
  if (!card.app.path.startsWith("/") && card.process.pid !== attempt.process.pid) return false;
  const { endpoint } = attempt;
  const same = (other: Endpoint) =>
    other.address === endpoint.address && other.port === endpoint.port && other.protocol === endpoint.protocol;
  if (card.endpoints.some(same)) return true;
  if (card.endpoints.some((other) => isTransportTwin(other, endpoint))) return true;
  // Two addresses that call are two strangers: only who is called has a name with several.
  if (attempt.direction === "inbound") return false;
  // One owner's hosts are one question. What has a name is told apart by it, whatever else looks alike.
  const domain = commonDomain([endpoint]);
  const cards = commonDomain(card.endpoints);
  if (domain !== null || cards !== null) return domain === cards;
  const [first] = card.endpoints;
  const oneTry = card.process.pid === attempt.process.pid && attempt.at - lastAttempt <= twinWindow;
  // One twin only: a second address of the same family is another destination.
  const alone = card.endpoints.every((other) => first !== undefined && family(other) === family(first));
  return first !== undefined && oneTry && alone && isFamilyTwin(first, endpoint);
}
