// Addresses of connections that are older than this helper: the kernel lets them go on, and tells of none before it is judged again. What
// they are called has to stay as long as they do. Looked at again only where somebody asks, and seldom: it walks through every process.

/** How long what was read is good for, milliseconds. */
const freshFor = 10_000;

export class Survivors {
  private readonly read: () => Iterable<string>;
  private addresses: ReadonlySet<string>;
  private readAt = performance.now();

  /** `read`: addresses of the connections that live, 32 hex digits each. */
  constructor(read: () => Iterable<string>) {
    this.read = read;
    this.addresses = new Set(read());
  }

  /** Whether a connection to the address was there at the start and one is there still. */
  isAt(address: string): boolean {
    if (!this.addresses.has(address)) return false;
    if (performance.now() - this.readAt > freshFor) {
      const living = new Set(this.read());
      this.addresses = new Set([...this.addresses].filter((each) => living.has(each)));
      this.readAt = performance.now();
    }
    return this.addresses.has(address);
  }
}
