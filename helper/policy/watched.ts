// A map that knows what was changed in it since somebody asked. Pure.

/** What was there, and what is there now; undefined: nothing. */
export interface Replaced<Value> {
  readonly before: Value | undefined;
  readonly after: Value | undefined;
}

export class Watched<Key, Value> extends Map<Key, Value> {
  /** What was there at the last take(); before the first one nothing is noted. */
  private before: Map<Key, Value | undefined> | undefined;

  override set(key: Key, value: Value): this {
    this.note(key);
    return super.set(key, value);
  }

  override delete(key: Key): boolean {
    this.note(key);
    return super.delete(key);
  }

  private note(key: Key): void {
    if (this.before !== undefined && !this.before.has(key)) this.before.set(key, this.get(key));
  }

  /** What is different since the last call. The first one returns nothing: from then on changes are noted. */
  take(isSame: (a: Value, b: Value) => boolean): Map<Key, Replaced<Value>> {
    const replaced = new Map<Key, Replaced<Value>>();
    for (const [key, before] of this.before ?? []) {
      const after = this.get(key);
      const same = before === undefined || after === undefined ? before === after : isSame(before, after);
      if (!same) replaced.set(key, { before, after });
    }
    this.before = new Map();
    return replaced;
  }
}
