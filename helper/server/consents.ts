// Questions for consent that are open: each is a password dialog in front of somebody, and a place of root's on the system bus.
import { CodedError } from "../../contract/errors.ts";

/** Of all people together; each has one. */
export const mostConsents = 16;

export class Consents {
  private readonly open = new Set<number>();

  /** Errors: consent_pending, and what `question` rejects with. */
  async ask(uid: number, question: () => Promise<boolean>): Promise<boolean> {
    if (this.open.has(uid) || this.open.size >= mostConsents) throw new CodedError("consent_pending");
    this.open.add(uid);
    try {
      return await question();
    } finally {
      this.open.delete(uid);
    }
  }
}
