// How the last questions were answered, for whoever comes too late.
const remembered = 100;

export class Answered {
  private readonly words = new Map<string, string>();

  /** `how`: "allow, endpoint, once". */
  note(ids: readonly string[], how: string): void {
    for (const id of ids) this.words.set(id, how);
    for (const id of this.words.keys()) {
      if (this.words.size <= remembered) return;
      this.words.delete(id);
    }
  }

  how(id: string): string | undefined {
    return this.words.get(id);
  }
}
