/**
 * Summaries from sketches: whole intervals are added up from what was kept of them when the segment was
 * written, and only the rows beside those are read.
 */
import type { Timers } from '../../base/env.ts';
import type { SqlType } from '../../types/type.ts';
import type { Summaries } from '../../vector/summary.ts';
import type { SummaryRequest } from '../storage.ts';
import { byPiece, type PieceRows } from './emit-rows.ts';
import { canMerge, summarizable } from './lane-summaries.ts';
import { mergeBuckets } from './merged-buckets.ts';
import { rowsDecoded } from './pending-lanes.ts';
import { PIECE_ROWS, type RowSource } from './row-source.ts';
import type { RowRanges } from './select-rows.ts';
import { edgeRanges, SketchCuts } from './sketch-cuts.ts';
import { SketchTotals, type CutPiece, type LoadedPiece } from './sketch-totals.ts';
import type { Intervals, SourceSketch } from './source-sketch.ts';
import type { StoredColumn } from './stored-column.ts';
import { stretchGroups, stretchRows } from './stretch-groups.ts';
import type { StretchCut } from './stretches.ts';
import { loadSketch, type SketchColumns } from './usable-sketch.ts';

/** Pieces whose rows are loaded together. */
const PIECES_MAX = 16;
/** Stretches, times their columns, from which on a part is handed out. */
const PART_NUMBERS = 65_536;
/** Rows of one column or another decoded between two turns of the event loop. */
const TURN_ROWS = 1_000_000;

export interface SketchWanted {
  readonly request: SummaryRequest;
  readonly cut: StretchCut;
  /** Types of the columns to group by. */
  readonly types: readonly SqlType[];
  readonly timers: Timers;
}

/** Summaries, or rows of which there can be none. */
export type SketchedPart =
  | { readonly kind: 'summaries'; readonly summaries: Summaries }
  | { readonly kind: 'rows'; readonly rows: PieceRows };

export async function* summarizeSketched(
  source: RowSource,
  sketch: SourceSketch,
  ranges: RowRanges,
  wanted: SketchWanted,
): AsyncGenerator<SketchedPart> {
  const { columns } = wanted.request;
  const intervals = await sketch.intervals();
  const parts = await loadSketch(source, sketch, columns);
  const cuts = FREE.pop() ?? new SketchCuts();
  try {
    const scan = new SketchScan(source, { intervals, parts }, wanted, cuts);
    let pieces: PieceRows[] = [];
    for (const rows of byPiece(ranges)) {
      pieces.push(rows);
      if (pieces.length < PIECES_MAX) continue;
      yield* scan.summarize(pieces);
      pieces = [];
    }
    if (pieces.length > 0) yield* scan.summarize(pieces);
  } finally {
    if (FREE.length < FREE_MAX) FREE.push(cuts);
  }
}

/** Those that no scan uses: their memory is worth keeping. */
const FREE: SketchCuts[] = [];
const FREE_MAX = 4;

class SketchScan {
  readonly #source: RowSource;
  readonly #intervals: Intervals;
  readonly #parts: SketchColumns;
  readonly #wanted: SketchWanted;
  readonly #cuts: SketchCuts;
  readonly #totals: SketchTotals;

  constructor(
    source: RowSource,
    { intervals, parts }: { readonly intervals: Intervals; readonly parts: SketchColumns },
    wanted: SketchWanted,
    cuts: SketchCuts,
  ) {
    this.#source = source;
    this.#intervals = intervals;
    this.#parts = parts;
    this.#wanted = wanted;
    this.#cuts = cuts;
    this.#totals = new SketchTotals(source, wanted.request.columns, parts, cuts);
  }

  async *summarize(pieces: readonly PieceRows[]): AsyncGenerator<SketchedPart> {
    const loaded = await this.#loadAll(pieces);
    const columns = Math.max(1, this.#wanted.request.columns.length);
    let cut: CutPiece[] = [];
    this.#cuts.clear();
    for (const piece of loaded) {
      if (!this.#isSummarizable(piece)) {
        yield { kind: 'rows', rows: piece.rows };
        continue;
      }
      cut.push(this.#cut(piece));
      if (this.#cuts.stretches.count * columns < PART_NUMBERS) continue;
      yield* this.#finish(cut);
      cut = [];
      this.#cuts.clear();
    }
    if (cut.length > 0) yield* this.#finish(cut);
  }

  async #loadAll(pieces: readonly PieceRows[]): Promise<LoadedPiece[]> {
    const loads: (LoadedPiece | Promise<LoadedPiece>)[] = [];
    let before = rowsDecoded();
    for (const rows of pieces) {
      const load = this.#load(rows);
      // One that fails while others are waited for is noticed when its turn comes.
      if (load instanceof Promise) load.catch(() => undefined);
      loads.push(load);
      if (rowsDecoded() - before < TURN_ROWS) continue;
      await this.#wanted.timers.yield();
      before = rowsDecoded();
    }
    const loaded: LoadedPiece[] = [];
    for (const load of loads) loaded.push(load instanceof Promise ? await load : load);
    return loaded;
  }

  #load(rows: PieceRows): LoadedPiece | Promise<LoadedPiece> {
    const edges = edgeRanges(rows.ranges, this.#intervals);
    const columns = this.#wanted.request.columns.map(({ attnum }, c) => {
      const ranges = this.#parts[c] === undefined ? rows.ranges : edges;
      return ranges.starts.length === 0
        ? undefined
        : this.#source.piece(attnum, rows.index, ranges);
    });
    if (columns.some((column) => column instanceof Promise)) {
      return Promise.all(columns).then((found) => ({ rows, columns: found }));
    }
    return { rows, columns: columns as (StoredColumn | undefined)[] };
  }

  #cut({ rows, columns }: LoadedPiece): CutPiece {
    const { stretches, edges } = this.#cuts;
    const from = stretches.count;
    const edgesFrom = edges.count;
    this.#cuts.add(rows.ranges, rows.index * PIECE_ROWS, this.#intervals, this.#wanted.cut);
    return { rows, columns, from, to: stretches.count, edgesFrom, edgesTo: edges.count };
  }

  /** Whether columns without a sketch can be summarised from their rows. */
  #isSummarizable({ columns }: LoadedPiece): boolean {
    return this.#wanted.request.columns.every(
      (column, c) => this.#parts[c] !== undefined || summarizable(columns[c], column) !== undefined,
    );
  }

  *#finish(pieces: readonly CutPiece[]): Generator<SketchedPart> {
    const summaries = this.#merged(pieces) ?? this.#byStretch(pieces);
    if (summaries === undefined) {
      for (const { rows } of pieces) yield { kind: 'rows', rows };
      return;
    }
    this.#count(pieces);
    yield { kind: 'summaries', summaries };
  }

  #count(pieces: readonly CutPiece[]): void {
    const { counters } = this.#wanted.request;
    if (counters === undefined) return;
    const { stretches, edges, wholeFrom, wholeTo } = this.#cuts;
    for (const { rows } of pieces) counters.summarizedRows += rows.count;
    counters.summaries += stretches.count;
    for (let i = 0; i < stretches.count; i++) {
      counters.sketches += wholeTo[i] - wholeFrom[i];
      counters.sketchedRows += stretches.ends[i] - stretches.starts[i];
    }
    for (let i = 0; i < edges.count; i++) counters.sketchedRows -= edges.ends[i] - edges.starts[i];
  }

  /** All series' stretches of a bucket as one, where no column is grouped by. */
  #merged(pieces: readonly CutPiece[]): Summaries | undefined {
    const { groupBy, bucket, columns } = this.#wanted.request;
    if (groupBy.length > 0 || bucket === null || !columns.every(canMerge)) return undefined;
    const merged = mergeBuckets(this.#cuts.stretches, bucket.width);
    const found = merged && this.#totals.columns(pieces, merged.count, merged.numbers);
    if (merged === undefined || found === undefined) return undefined;
    const { count: length, rows, starts: buckets } = merged;
    return { length, rows, buckets, ...NO_TIMES, groups: [], columns: found };
  }

  #byStretch(pieces: readonly CutPiece[]): Summaries | undefined {
    const { stretches } = this.#cuts;
    const { request, cut, types } = this.#wanted;
    const columns = this.#totals.columns(pieces, stretches.count, undefined);
    if (columns === undefined) return undefined;
    return {
      length: stretches.count,
      rows: stretchRows(stretches),
      buckets: request.bucket === null ? NO_NUMBERS : stretches.buckets.slice(0, stretches.count),
      ...NO_TIMES,
      groups: stretchGroups(stretches, cut.series, request.groupBy, types),
      columns,
    };
  }
}

const NO_NUMBERS = new Float64Array(0);
const NO_TIMES = { firstTimes: NO_NUMBERS, lastTimes: NO_NUMBERS };
