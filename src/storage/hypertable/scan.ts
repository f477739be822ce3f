/** A scan of one table at one view: chunks, then sources, then selected rows, then batches. */
import type { Batch } from '../../vector/vector.ts';
import type { ScanRequest } from '../storage.ts';
import { filteredBatches } from './emit-filtered.ts';
import { outputColumns, type OutputColumns } from './emit-rows.ts';
import { scanLatest } from './latest-rows.ts';
import { hypertableOf } from './placement.ts';
import { boundsOf, type ScanBounds } from './scan-bounds.ts';
import {
  chunkInputs,
  isOutside,
  selectChunk,
  type ChunkInput,
  type ScanInput,
  type Selected,
} from './select-chunk.ts';
import { scanInTimeOrder } from './time-order.ts';

export async function* scanTable(input: ScanInput, request: ScanRequest): AsyncGenerator<Batch> {
  const bounds = boundsOf(input.table, request.predicates);
  const { timeColumn } = hypertableOf(input.table);
  const output = outputColumns(input.table, request.attnums, timeColumn);
  const { latest } = request;
  if (latest !== undefined) {
    yield* scanLatest(input, bounds, output, { ...request, latest });
    return;
  }
  const chunks = chunkInputs(input);
  if (request.timeOrder === 'desc') chunks.reverse();
  for (const chunk of chunks) {
    if (isOutside(chunk, bounds)) {
      if (request.counters !== undefined) request.counters.chunksPruned++;
      continue;
    }
    if (request.counters !== undefined) request.counters.chunks++;
    if (request.timeOrder === null) yield* scanChunk(input, chunk, bounds, output, request);
    else {
      const selected: Selected[] = [];
      for await (const one of selectChunk(input, chunk, bounds, request)) selected.push(one);
      yield* scanInTimeOrder(selected, bounds, output, timeColumn, request);
    }
  }
}

/** All rows of one chunk, in no order. */
export function scanOneChunk(
  input: ScanInput,
  chunk: ChunkInput,
  request: ScanRequest,
): AsyncGenerator<Batch> {
  const { timeColumn } = hypertableOf(input.table);
  const output = outputColumns(input.table, request.attnums, timeColumn);
  return scanChunk(input, chunk, boundsOf(input.table, request.predicates), output, request);
}

async function* scanChunk(
  input: ScanInput,
  chunk: ChunkInput,
  bounds: ScanBounds,
  output: OutputColumns,
  request: ScanRequest,
): AsyncGenerator<Batch> {
  for await (const { source, ranges } of selectChunk(input, chunk, bounds, request)) {
    yield* filteredBatches(source, ranges, bounds, output, request.counters, request.coarse);
  }
}
