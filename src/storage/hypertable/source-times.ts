/** Times of a whole source, whose pieces are loaded as they are needed. */
import { PIECE_ROWS, pieceCount, type RowSource } from './row-source.ts';
import { SearchedTimes, type Times } from './times.ts';

const PIECE_SHIFT = Math.log2(PIECE_ROWS);
const PIECE_MASK = PIECE_ROWS - 1;

/** Times of a whole source by its rows' numbers, as far as its pieces were asked for. */
export class SourceTimes extends SearchedTimes {
  readonly length: number;
  readonly #source: RowSource;
  readonly #pieces: (Times | undefined)[];

  constructor(source: RowSource) {
    super();
    this.#source = source;
    this.length = source.rows;
    this.#pieces = Array.from({ length: pieceCount(source) });
  }

  /** Loads the pieces with rows [start, end); undefined where nothing has to be waited for. */
  load(start: number, end: number): Promise<unknown> | undefined {
    const waits: Promise<void>[] = [];
    const last = (end - 1) >>> PIECE_SHIFT;
    for (let p = start >>> PIECE_SHIFT; p <= last; p++) {
      if (this.#pieces[p] !== undefined) continue;
      const times = this.#source.times(p);
      if (times instanceof Promise)
        waits.push(times.then((ready) => void (this.#pieces[p] = ready)));
      else this.#pieces[p] = times;
    }
    return waits.length === 0 ? undefined : Promise.all(waits);
  }

  at(row: number): number {
    return (this.#pieces[row >>> PIECE_SHIFT] as Times).at(row & PIECE_MASK);
  }
}
