/**
 * The commit log's contract (cluster.md, section 6): an ordered log of opaque records per range. State
 * is what applying the log gives. One machine has one range of commits; a cluster has one log per chunk
 * range behind the same calls.
 */

/** A log's name; the single-machine engine uses `0`. */
export type RangeId = number;

/** Position in a range's log: 1, 2, 3 ... without gaps. */
export type Sequence = number;

export interface LogPart {
  readonly range: RangeId;
  /** The record; kept as given, checksummed by the log. */
  readonly payload: Uint8Array;
  /** The payload's CRC-32C, where it is known already. */
  readonly checksum?: number;
}

export interface LogEntry {
  readonly range: RangeId;
  readonly sequence: Sequence;
  readonly payload: Uint8Array;
}

export interface CommitLog {
  /**
   * Appends all parts atomically: after a crash either all or none are there. Resolves with their
   * sequences once they are durable. Calls made in one order get sequences in that order; calls that
   * wait together share one fsync. After a failed write or sync every later call fails too (53100 for
   * a full disk, 58030 otherwise): a lost fsync is never retried.
   */
  append(parts: readonly LogPart[]): Promise<readonly Sequence[]>;
  /** Entries from `from` on, in order. A damaged record before the end of the log throws XX001. */
  tail(range: RangeId, from: Sequence): AsyncIterable<LogEntry>;
  /** Newest sequence of each range, 0 for an empty one. */
  heads(ranges: readonly RangeId[]): Promise<readonly Sequence[]>;
  /** Gives up entries up to and including `sequence`; space comes back by whole files. */
  trim(range: RangeId, sequence: Sequence): Promise<void>;
  create(range: RangeId): Promise<void>;
  drop(range: RangeId): Promise<void>;
  close(): Promise<void>;
}
