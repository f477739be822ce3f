/** Splits a stream of PostgreSQL messages; bodies that nobody wants are passed over without a copy. */
export type OnMessage = (type: number, body: Buffer | number) => void;

export class MessageReader {
  readonly #onMessage: OnMessage;
  readonly #wants: (type: number) => boolean;
  /** Bytes of a message that has begun and is wanted whole. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Bytes still to come of the message that is passed over. */
  #skip = 0;

  /** Unwanted messages are told by the length of their body alone. */
  constructor(onMessage: OnMessage, wants: (type: number) => boolean) {
    this.#onMessage = onMessage;
    this.#wants = wants;
  }

  push(chunk: Buffer): void {
    let at = Math.min(this.#skip, chunk.length);
    this.#skip -= at;
    if (this.#heldBytes > 0) {
      const known = Buffer.concat([...this.#held, chunk.subarray(at)]);
      this.#held = [];
      this.#heldBytes = 0;
      chunk = known;
      at = 0;
    }
    while (chunk.length - at >= 5) {
      const length =
        (chunk[at + 1] << 24) | (chunk[at + 2] << 16) | (chunk[at + 3] << 8) | chunk[at + 4];
      const end = at + 1 + length;
      const type = chunk[at];
      if (!this.#wants(type)) {
        this.#onMessage(type, length - 4);
        this.#skip = Math.max(0, end - chunk.length);
        at = Math.min(end, chunk.length);
        continue;
      }
      if (end > chunk.length) break;
      this.#onMessage(type, chunk.subarray(at + 5, end));
      at = end;
    }
    if (at < chunk.length) {
      this.#held.push(chunk.subarray(at));
      this.#heldBytes = chunk.length - at;
    }
  }
}
