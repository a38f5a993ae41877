// What systemd wants to hear of a service (sd_notify(3)): one datagram to the socket that NOTIFY_SOCKET names. Node has none of that kind.
import { AF_UNIX, close, SOCK_DGRAM, sendTo, socket } from "./libc.ts";

/** Does nothing where no service manager listens. Throws SystemError when it cannot be told. */
export function notify(words: string, place = process.env.NOTIFY_SOCKET): void {
  if (!place) return;
  const fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  try {
    sendTo(fd, Buffer.from(words), addressOf(place));
  } finally {
    close(fd);
  }
}

/** struct sockaddr_un; an abstract name begins with a zero byte, which is written as "@". */
function addressOf(place: string): Buffer {
  const name = Buffer.from(place.startsWith("@") ? `\0${place.slice(1)}` : place);
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, name]);
}
