/**
 * Streams without a place among the sessions: nobody has authenticated on them yet, or they were refused
 * and have not closed. Their number is bounded. When one comes too many, the oldest of the network with
 * most of them goes: who floods pushes out his own, and a login in progress from elsewhere stays.
 */
export class Lobby<Guest> {
  readonly #max: number;
  /** In order of arrival. */
  readonly #networks = new Map<Guest, string>();
  readonly #counts = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#networks.size;
  }

  /** Lets a guest in; answers the one who had to go for it. */
  enter(guest: Guest, address: string | null): Guest | undefined {
    const network = networkOf(address);
    this.#networks.set(guest, network);
    this.#counts.set(network, (this.#counts.get(network) ?? 0) + 1);
    if (this.size <= this.#max) return undefined;
    const crowded = Math.max(...this.#counts.values());
    for (const [candidate, from] of this.#networks) {
      if (this.#counts.get(from) !== crowded) continue;
      this.leave(candidate);
      return candidate;
    }
    return undefined;
  }

  /** Does nothing for somebody who left before. */
  leave(guest: Guest): void {
    const network = this.#networks.get(guest);
    if (network === undefined) return;
    this.#networks.delete(guest);
    const left = (this.#counts.get(network) as number) - 1;
    if (left > 0) this.#counts.set(network, left);
    else this.#counts.delete(network);
  }
}

/** What one party can be expected to own: an IPv4 address, or the first 64 bits of an IPv6 address. */
export function networkOf(address: string | null): string {
  if (address === null) return '';
  const bare = address.toLowerCase().replace(/^::ffff:(?=[\d.]+$)/, '');
  if (!bare.includes(':')) return bare;
  const [head, tail] = bare.replace(/%.*/, '').split('::');
  const words = (half = ''): string[] => half.split(':').filter((word) => word !== '');
  const zeros = 8 - words(head).length - words(tail).length;
  const all = [...words(head), ...Array<string>(Math.max(0, zeros)).fill('0'), ...words(tail)];
  return all.slice(0, 4).join(':');
}
