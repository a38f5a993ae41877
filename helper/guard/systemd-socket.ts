// systemd's own socket, which root's systemctl uses: for root alone, and there before any unit starts. On the bus systemd is only once the bus
// runs, which on most systems comes after basic.target, and the helper may be told to come before that.
import { connect } from "node:net";
import { Duplex, Transform } from "node:stream";

const own = "/run/systemd/private";

/**
 * A connection for a D-Bus client that has still to say who it is. BEGIN goes out with the words before it, as systemctl has it: where it
 * arrives together with what follows it, systemd reads it and forgets, until yet more comes, that something followed.
 */
export function connectToSystemd(path = own): Duplex {
  const socket = connect(path);
  const writing = new Transform({
    transform(chunk: Buffer, _, done) {
      const words = chunk.toString("latin1");
      if (words.startsWith("AUTH ")) done(null, `${words}BEGIN\r\n`);
      else if (words === "BEGIN\r\n") done();
      else done(null, chunk);
    },
  });
  writing.pipe(socket);
  return Duplex.from({ readable: socket, writable: writing });
}
