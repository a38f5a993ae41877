// Wakes the event loop for what Node's timers and signals do not tell: a moment of CLOCK_BOOTTIME, the end of a foreign process.
import koffi from "koffi";
import { CLOCK_BOOTTIME, close, pidfdOpen, read, setTimer, timer } from "./libc.ts";

interface Handle {
  ref(): void;
  stop(): void;
  close(): void;
}

function whenReadable(fd: number, then: () => void): Handle {
  const handle = koffi.node.poll(fd, { readable: true }, then) as unknown as Handle;
  // Without the reference the handle is collected and the callback never runs (koffi 3.3, undocumented).
  handle.ref();
  return handle;
}

/** Rings once at the moment it is set to. Node's own timers stand still while the machine sleeps, this one does not. */
export class Alarm {
  private readonly fd = timer(CLOCK_BOOTTIME);
  private readonly handle: Handle;
  private readonly expirations = Buffer.alloc(8);

  constructor(rings: () => void) {
    this.handle = whenReadable(this.fd, () => {
      try {
        read(this.fd, this.expirations);
      } catch {
        return; // set anew meanwhile
      }
      rings();
    });
  }

  /** CLOCK_BOOTTIME milliseconds, null for never. A moment that has passed rings at once. */
  set(at: number | null): void {
    setTimer(this.fd, at);
  }

  close(): void {
    this.handle.stop();
    this.handle.close();
    close(this.fd);
  }
}

/** Calls back once when the process ends; returns the way to stop. Throws SystemError (ESRCH 3) when there is none. */
export function whenEnded(pid: number, then: () => void): () => void {
  const fd = pidfdOpen(pid);
  let open = true;
  const stop = () => {
    if (!open) return;
    open = false;
    handle.stop();
    handle.close();
    close(fd);
  };
  const handle = whenReadable(fd, () => {
    stop();
    then();
  });
  return stop;
}
