/**
 * The record of one commit (docs/format/commit-log.md): everything that applying it needs, so that the
 * same record gives the same state at commit and at recovery. Rows and entries have no objects of their
 * own: whoever looks at one has it written into an object that it keeps for all of them.
 */
import type { CatalogChange } from '../../catalog/catalog.ts';
import type { Oid } from '../../types/type.ts';
import type { HypertableParts } from '../hypertable/hypertable-store.ts';
import { NO_BYTES, type ByteCursor } from './byte-arena.ts';

export const ROW_INSERT = 0;
export const ROW_UPDATE = 1;
export const ROW_DELETE = 2;

/** One row's change; its new version is `bytes[start, end)`, empty where it is deleted. */
export interface RowChange extends ByteCursor {
  kind: number;
  rowId: number;
  /** Size of the version that it replaces. */
  oldBytes: number;
}

export interface RowChanges {
  readonly length: number;
  read(i: number, into: RowChange): void;
}

export function rowChange(): RowChange {
  return { kind: ROW_INSERT, rowId: 0, oldBytes: 0, bytes: NO_BYTES, start: 0, end: 0 };
}

/** One index entry; its key is `bytes[start, end)`. */
export interface EntryChange extends ByteCursor {
  rowId: number;
  /** The key ends in the row id. */
  suffixed: boolean;
}

export interface EntryChanges {
  readonly length: number;
  read(i: number, into: EntryChange): void;
}

export function entryChange(): EntryChange {
  return { rowId: 0, suffixed: false, bytes: NO_BYTES, start: 0, end: 0 };
}

export interface IndexChange {
  readonly storageId: number;
  readonly removed: EntryChanges;
  readonly added: EntryChanges;
}

/** What rows' changes add up to. */
export interface RowCounts {
  inserted: number;
  deleted: number;
  oldBytes: number;
  newBytes: number;
  /** The highest row id; 0 where there are no rows. */
  lastRowId: number;
}

export function noRows(): RowCounts {
  return { inserted: 0, deleted: 0, oldBytes: 0, newBytes: 0, lastRowId: 0 };
}

export function countRow(
  counts: RowCounts,
  kind: number,
  rowId: number,
  oldBytes: number,
  newBytes: number,
): void {
  if (kind === ROW_INSERT) counts.inserted++;
  else if (kind === ROW_DELETE) counts.deleted++;
  counts.oldBytes += oldBytes;
  counts.newBytes += newBytes;
  counts.lastRowId = Math.max(counts.lastRowId, rowId);
}

export interface TableChange {
  readonly storageId: number;
  readonly rows: RowChanges;
  readonly counts: RowCounts;
  readonly indexes: readonly IndexChange[];
}

/** A sequence's state as of the record: values up to `lastValue` may have been handed out. */
export interface SequenceMove {
  readonly oid: Oid;
  readonly lastValue: string;
  readonly isCalled: boolean;
}

export interface CommitRecord {
  readonly tables: readonly TableChange[];
  readonly catalog: readonly CatalogChange[];
  /** Storage ids that the catalog changes make unreachable. */
  readonly droppedStorage: readonly number[];
  readonly sequences: readonly SequenceMove[];
  /** Undefined where no hypertable was changed. */
  readonly hypertables: HypertableParts | undefined;
}

/** A commit that changes nothing. */
export const EMPTY_COMMIT: CommitRecord = {
  tables: [],
  catalog: [],
  droppedStorage: [],
  sequences: [],
  hypertables: undefined,
};
