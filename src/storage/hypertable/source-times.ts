/** Times of a whole source, whose pieces are loaded as they are needed. */
import { PIECE_ROWS, pieceCount, VECTOR_ROWS, type RowSource } from './row-source.ts';
import { SearchedTimes, type Times } from './times.ts';

const PIECE_SHIFT = Math.log2(PIECE_ROWS);
const PIECE_MASK = PIECE_ROWS - 1;
const VECTOR_SHIFT = Math.log2(VECTOR_ROWS);
const PIECE_VECTORS = PIECE_ROWS / VECTOR_ROWS;

/** Times of a whole source by its rows' numbers, as far as its rows were asked for. */
export class SourceTimes extends SearchedTimes {
  readonly length: number;
  readonly #source: RowSource;
  readonly #pieces: (Times | undefined)[];
  /** 1 for vectors that are there. */
  readonly #isLoaded: Uint8Array;

  constructor(source: RowSource) {
    super();
    this.#source = source;
    this.length = source.rows;
    this.#pieces = Array.from({ length: pieceCount(source) });
    this.#isLoaded = new Uint8Array(Math.ceil(source.rows / VECTOR_ROWS));
  }

  /** Loads the rows [start, end); undefined where nothing has to be waited for. */
  load(start: number, end: number): Promise<unknown> | undefined {
    const last = (end - 1) >>> VECTOR_SHIFT;
    let waits: Promise<void>[] | undefined;
    for (let vector = start >>> VECTOR_SHIFT; vector <= last; vector++) {
      if (this.#isLoaded[vector] === 1) continue;
      const pieceEnd = (Math.floor(vector / PIECE_VECTORS) + 1) * PIECE_VECTORS;
      const loading = this.#loadVectors(vector, Math.min(last + 1, pieceEnd));
      if (loading !== undefined) (waits ??= []).push(loading);
      vector = Math.min(last, pieceEnd - 1);
    }
    return waits === undefined ? undefined : Promise.all(waits);
  }

  /** Vectors [first, end) of one piece. */
  #loadVectors(first: number, end: number): Promise<void> | undefined {
    const piece = Math.floor(first / PIECE_VECTORS);
    const rows = {
      starts: [first << VECTOR_SHIFT],
      ends: [Math.min(this.length, end << VECTOR_SHIFT)],
    };
    const keep = (times: Times): void => {
      this.#pieces[piece] = times;
      const whole = piece * PIECE_VECTORS;
      if (times.isWhole) this.#isLoaded.fill(1, whole, whole + PIECE_VECTORS);
      else this.#isLoaded.fill(1, first, end);
    };
    const times = this.#source.times(piece, rows);
    if (times instanceof Promise) return times.then(keep);
    keep(times);
    return undefined;
  }

  at(row: number): number {
    return (this.#pieces[row >>> PIECE_SHIFT] as Times).at(row & PIECE_MASK);
  }
}
