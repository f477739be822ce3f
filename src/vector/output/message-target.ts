/** Where finished messages go: the door's buffer, as far as an encoder may know it. */
export interface MessageTarget {
  readonly bytes: Uint8Array;
  /** Where `bytes` begin in the kernels' memory, with `SLACK_BYTES` behind them; 0 where they lie elsewhere. */
  readonly address: number;
  length: number;
  /** Bytes to write before the buffer should leave; 0 where it is due. */
  readonly room: number;
  /** Makes sure that `count` bytes can be written from `length` on; replaces `bytes` where it must. Of up to `room` they stay as long. */
  ensure(count: number): void;
}

/** Type bytes of the messages that have a row each. */
export const DATA_ROW = 0x44;
export const COPY_DATA = 0x64;
