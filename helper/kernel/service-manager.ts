// What systemd wants to hear of a service (sd_notify(3)): one datagram to the socket that NOTIFY_SOCKET names. Node has none of that kind.
import { AF_UNIX, close, SOCK_DGRAM, sendTo, socket, unixAddress } from "./libc.ts";

/** Does nothing where no service manager listens. Throws SystemError when it cannot be told. */
export function notify(words: string, place = process.env.NOTIFY_SOCKET): void {
  if (!place) return;
  const fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  try {
    sendTo(fd, Buffer.from(words), unixAddress(place));
  } finally {
    close(fd);
  }
}
