/** Keeps segments: opens, writes and retires them. */
import type { Sequence } from '../log/commit-log.ts';
import { InternalError } from '../../errors/db-error.ts';
import type { DeletedRows } from './deleted-rows.ts';
import type { ChunkPlace } from './placement.ts';
import type { RowSource } from './row-source.ts';
import type { Segment } from './segment.ts';
import type { TableState } from './state.ts';
import type { Store } from './store.ts';

export class SegmentKeeper {
  isDropped(_storageId: number): boolean {
    return false;
  }
  retireChunk(_table: TableState, _place: ChunkPlace, _sequence: Sequence): void {}
  retireTable(_table: TableState, _sequence: Sequence): void {}
  releaseViewsBefore(_sequence: Sequence): void {}
  open(
    segment: Segment,
    _table: TableState,
    _refBase: number,
    _deleted: DeletedRows | undefined,
  ): RowSource {
    throw new InternalError(`no segment ${segment.id}`);
  }
  flush(_store: Store, _all: boolean): Promise<void> {
    return Promise.resolve();
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}
