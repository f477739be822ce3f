/** Columns of several sources as lanes, against their values. */
import { describe, expect, it } from 'vitest';
import { HeadColumn } from '../../../../src/storage/hypertable/head-column.ts';
import { PIECE_ROWS, type RowSource } from '../../../../src/storage/hypertable/row-source.ts';
import { RangeSource } from '../../../../src/storage/hypertable/range-source.ts';
import type { StoredColumn } from '../../../../src/storage/hypertable/stored-column.ts';
import { TextDictionary } from '../../../../src/storage/hypertable/text-dictionary.ts';
import { wholeLanes } from '../../../../src/storage/hypertable/whole-lanes.ts';
import { createNodeTimers } from '../../../../src/platform/node-timers.ts';
import { sqlType } from '../../../../src/types/type.ts';
import { laneValue } from '../../../../src/vector/lanes.ts';
import { OID, randomOf } from './support.ts';
import { seedOf } from '../../../support/seed.ts';
import { rounds } from '../../../support/rounds.ts';

const SEED = seedOf('whole lanes');
const TIMERS = createNodeTimers();

type Piece = (index: number) => StoredColumn | undefined;

function sourceOf(rows: number, piece: Piece, whole?: RowSource['wholeLanes']): RowSource {
  const source = { rows, piece: (_: number, index: number) => piece(index) };
  return { ...source, ...(whole && { wholeLanes: whole }) } as unknown as RowSource;
}

/** Numbers in pieces of lanes, or as doubles where they are `odd`. */
function columnOf(data: Float64Array): HeadColumn {
  const type = sqlType(OID.float8);
  const column = new HeadColumn(type, 'f64', () => new TextDictionary());
  column.append({ rep: 'f64', type, length: data.length, data, nulls: undefined }, data.length);
  return column;
}

describe('wholeLanes', () => {
  it(`joins the pieces of all sources (SEED=${SEED})`, async () => {
    const random = randomOf(SEED);
    for (let round = 0; round < rounds(6); round++) {
      const places = Math.floor(random() * 3);
      const values: number[] = [];
      const sources: RowSource[] = [];
      for (let s = 0; s <= random() * 4; s++) {
        const rows = PIECE_ROWS + Math.floor(random() * PIECE_ROWS);
        const base = Math.floor((random() - 0.5) * 10 ** (1 + random() * 8));
        const range = 10 ** (random() * 5);
        const data = Float64Array.from(
          { length: 2 * PIECE_ROWS },
          () => (base + Math.floor(random() * range)) / 10 ** places,
        );
        const column = columnOf(data);
        for (const value of data.subarray(0, rows)) values.push(value);
        // A piece may have more rows than its source.
        const piece: Piece = (index) => column.piece(index, PIECE_ROWS);
        const isHead = random() < 0.3;
        const source = sourceOf(rows, piece, isHead ? () => column.laneColumn(rows) : undefined);
        if (random() < 0.3) {
          const starts = [3, 70_000];
          const ends = [60_000, rows - 5].filter((end, i) => end > (starts[i] as number));
          sources.push(new RangeSource(source, 1, { starts: starts.slice(0, ends.length), ends }));
          values.length -= rows;
          for (const [i, end] of ends.entries()) {
            for (const value of data.subarray(starts[i], end)) values.push(value);
          }
        } else sources.push(source);
      }
      const lanes = await wholeLanes(sources, 1, TIMERS);
      expect(lanes).toBeDefined();
      if (lanes === undefined) continue;
      expect(lanes.length).toBe(values.length);
      const wrong = values.findIndex((value, row) => laneValue(lanes, row) !== value);
      expect(wrong).toBe(-1);
    }
  });

  it('leaves columns with other numbers, with NULLs, or that a source lacks', async () => {
    const whole = columnOf(Float64Array.from({ length: PIECE_ROWS }, (_, i) => i));
    const odd = columnOf(Float64Array.from({ length: PIECE_ROWS }, (_, i) => i * Math.PI));
    const piece = whole.piece(0, 10);
    const others: (StoredColumn | undefined)[] = [
      odd.piece(0, 10),
      undefined,
      { ...piece, nulls: new Uint8Array(10) } as StoredColumn,
    ];
    const good = sourceOf(10, () => piece);
    expect(await wholeLanes([good, good], 1, TIMERS)).toBeDefined();
    for (const other of others) {
      expect(await wholeLanes([good, sourceOf(10, () => other)], 1, TIMERS)).toBeUndefined();
    }
    const head = sourceOf(
      10,
      () => piece,
      () => undefined,
    );
    expect(await wholeLanes([good, head], 1, TIMERS)).toBeUndefined();
  });
});
