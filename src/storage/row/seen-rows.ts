/**
 * Stored rows that a statement has read together with their refs. Those that it goes on to lock and change
 * need not be read again: a lock is given only where nobody has changed the row since.
 */
import { CommittedRows } from '../txn/row-versions.ts';

/** Bytes that are kept at most; what comes after them is read again. */
const SEEN_BYTES_MAX = 64 * 1024 * 1024;

export class SeenRows {
  readonly storageId: number;
  readonly #rows = new CommittedRows();
  #bytes = 0;

  constructor(storageId: number) {
    this.storageId = storageId;
  }

  add(rowId: number, body: Uint8Array): void {
    if (this.#bytes > SEEN_BYTES_MAX) return;
    this.#rows.set(rowId, body);
    this.#bytes += ROW_OVERHEAD_BYTES + body.length;
  }

  get(rowId: number): Uint8Array | undefined {
    return this.#rows.get(rowId);
  }
}

const ROW_OVERHEAD_BYTES = 16;
