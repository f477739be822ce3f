/** The columns' totals of cut pieces: of whole intervals what sketches tell, of other rows what kernels find. */
import type { Lanes } from '../../vector/lanes.ts';
import type { ColumnSummary } from '../../vector/summary.ts';
import type { SummaryColumn } from '../storage.ts';
import { ColumnTotals, hasZero, type Spans } from './column-totals.ts';
import { summarizeEdges, type PieceEdges } from './edge-summaries.ts';
import type { PieceRows } from './emit-rows.ts';
import { EXACT_MAX, summarizable, summarizeLanes } from './lane-summaries.ts';
import type { RowSource } from './row-source.ts';
import { EDGE, type SketchCuts } from './sketch-cuts.ts';
import type { StoredColumn } from './stored-column.ts';
import { largestOf, type ColumnParts, type SketchColumns } from './usable-sketch.ts';

export interface LoadedPiece {
  readonly rows: PieceRows;
  /** Of columns with sketches only the edges' rows, and nothing where there are none. */
  readonly columns: readonly (StoredColumn | undefined)[];
}

/** A piece and the numbers that its stretches and edges have among all. */
export interface CutPiece extends LoadedPiece {
  readonly from: number;
  readonly to: number;
  readonly edgesFrom: number;
  readonly edgesTo: number;
}

export class SketchTotals {
  readonly #source: RowSource;
  readonly #columns: readonly SummaryColumn[];
  readonly #parts: SketchColumns;
  readonly #cuts: SketchCuts;

  constructor(
    source: RowSource,
    columns: readonly SummaryColumn[],
    parts: SketchColumns,
    cuts: SketchCuts,
  ) {
    this.#source = source;
    this.#columns = columns;
    this.#parts = parts;
    this.#cuts = cuts;
  }

  /** The columns' totals; undefined where a sum may not be exact, or where merging mixes up zeros' order. */
  columns(
    pieces: readonly CutPiece[],
    length: number,
    owners: Int32Array | undefined,
  ): ColumnSummary[] | undefined {
    const columns = this.#columns;
    const read = this.#readColumns(pieces);
    const spans = this.#spans(owners);
    const rows = pieces.reduce((sum, piece) => sum + piece.rows.count, 0);
    const result: ColumnSummary[] = [];
    for (const [c, column] of columns.entries()) {
      const parts = this.#parts[c];
      const found = read[c];
      if (parts === undefined && found !== undefined && owners === undefined) {
        result.push(found);
        continue;
      }
      const hasNulls = (parts ?? found)?.counts !== undefined;
      const isChecked =
        column.exactSums && largestOf(this.#source, column.attnum) * rows >= EXACT_MAX;
      const totals = new ColumnTotals(column.statistics, length, { hasNulls, isChecked });
      if (parts !== undefined) this.#addSketched(totals, parts, pieces, c, spans);
      else if (found !== undefined) totals.add(found, spans.stretches);
      if (totals.largest >= EXACT_MAX) return undefined;
      const isMerged = owners !== undefined;
      if (isMerged && parts?.hasNegativeZero === true && hasZero(totals.summary)) return undefined;
      result.push(totals.summary);
    }
    return result;
  }

  #spans(owners: Int32Array | undefined): ScanSpans {
    const { stretches, edges, wholeFrom, wholeTo } = this.#cuts;
    const edgeOwners =
      owners === undefined
        ? edges.series
        : Int32Array.from(edges.series.subarray(0, edges.count), (i) => owners[i]);
    const each = eachOf(Math.max(stretches.count, edges.count));
    const side = (which: number): Spans => {
      const to = each.to.slice(0, edges.count);
      for (let i = 0; i < to.length; i++) if (edges.buckets[i] !== which) to[i] = 0;
      return { count: edges.count, from: each.from, to, owners: edgeOwners };
    };
    return {
      stretches: { count: stretches.count, from: each.from, to: each.to, owners },
      whole: { count: stretches.count, from: wholeFrom, to: wholeTo, owners },
      before: side(EDGE.before),
      behind: side(EDGE.behind),
    };
  }

  /** By stretch, of the columns without sketches. */
  #readColumns(pieces: readonly CutPiece[]): (ColumnSummary | undefined)[] {
    const columns = this.#columns;
    const without = columns.flatMap((_, c) => (this.#parts[c] === undefined ? [c] : []));
    if (without.length === 0) return [];
    const found = summarizeLanes(
      pieces.map(({ from, to, columns: loaded }) => ({
        from,
        to,
        lanes: without.map((c) => summarizable(loaded[c], columns[c]) as Lanes),
        nulls: without.map((c) => loaded[c]?.nulls),
      })),
      this.#cuts.stretches,
      without.map((c) => columns[c]),
    );
    return columns.map((_, c) => found[without.indexOf(c)]);
  }

  #addSketched(
    totals: ColumnTotals,
    parts: ColumnParts,
    pieces: readonly CutPiece[],
    c: number,
    spans: ScanSpans,
  ): void {
    const { edges } = this.#cuts;
    if (edges.count === 0) {
      totals.add(parts, spans.whole);
      return;
    }
    const column = this.#columns[c];
    const loaded = pieces.flatMap(({ edgesFrom: from, edgesTo: to, columns }): PieceEdges[] => {
      const found = columns[c];
      return found === undefined || from === to ? [] : [{ from, to, column: found }];
    });
    const found = summarizeEdges(loaded, edges, column, parts.counts !== undefined);
    // In the order of the rows: of zeros the last one's sign is kept.
    totals.add(found, spans.before);
    totals.add(parts, spans.whole);
    totals.add(found, spans.behind);
  }
}

/** What adds to the totals: numbers of stretches, of intervals, and of the edges on either side of these. */
interface ScanSpans {
  readonly stretches: Spans;
  readonly whole: Spans;
  readonly before: Spans;
  readonly behind: Spans;
}

/** The numbers one by one. */
function eachOf(count: number): { from: Int32Array; to: Int32Array } {
  const from = new Int32Array(count);
  const to = new Int32Array(count);
  for (let i = 0; i < count; i++) to[i] = 1 + (from[i] = i);
  return { from, to };
}
