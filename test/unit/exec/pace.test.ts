import { describe, expect, it } from 'vitest';
import { paceOf, type Pace } from '../../../src/exec/pace.ts';
import type { Expr } from '../../../src/plan/expr.ts';
import { OID, sqlType } from '../../../src/types/type.ts';
import { vectorFromValues, type Batch } from '../../../src/vector/vector.ts';

let now = 0;
const clock = { nowMicros: () => 0, monotonicMs: () => now };
const column: Expr = { kind: 'column', type: sqlType(OID.text), index: 0 };
/** An array is made value by value. */
const dear: Expr = {
  kind: 'array',
  type: sqlType(OID.text),
  elements: [column],
  multidimensional: false,
};

/** Rows of the pieces that so many rows are taken in, where each row takes so many milliseconds. */
function piecesOf(pace: Pace, rows: number, msOf: (at: number) => number): number[] {
  const pieces: number[] = [];
  for (let at = 0; at < rows;) {
    const piece = Math.min(pace.rows, rows - at);
    pace.begin();
    for (let row = at; row < at + piece; row++) now += msOf(row);
    pace.end(piece);
    pieces.push(piece);
    at += piece;
  }
  return pieces;
}

/** Where the pieces of a batch end. */
function endsOf(pace: Pace, batch: Batch, msOf: (at: number) => number): number[] {
  const ends: number[] = [];
  for (let at = 0; at < batch.length;) {
    const end = pace.endOf(batch, at);
    pace.begin();
    for (let row = at; row < end; row++) now += msOf(row);
    pace.end(end - at);
    ends.push((at = end));
  }
  return ends;
}

describe('the pace of an operator', () => {
  it('takes cheap rows at once', () => {
    expect(piecesOf(paceOf([column], 4096, clock), 5000, () => 0.000_01)).toEqual([4096, 904]);
  });

  it('grows where rows of dear expressions turn out to be cheap', () => {
    expect(piecesOf(paceOf([dear], 4096, clock), 10_000, () => 0.000_1)).toEqual([
      128, 512, 2048, 4096, 3216,
    ]);
  });

  it('shrinks where they take long, and grows again where they do not', () => {
    const pace = paceOf([dear], 4096, clock);
    const cost = (row: number): number => (row < 2000 ? 0.099 : 0.000_1);
    const pieces = piecesOf(pace, 20_000, cost);
    expect(pieces.slice(0, 4)).toEqual([128, 32, 20, 20]);
    expect(Math.max(...pieces)).toBe(4096);
  });

  it('goes down to one row where each takes long', () => {
    const pieces = piecesOf(paceOf([dear], 4096, clock), 200, () => 30);
    expect(pieces.slice(0, 6)).toEqual([128, 32, 8, 2, 1, 1]);
  });

  it('begins with few rows where they are heavy, and grows where they turn out to be cheap', () => {
    const texts = Array.from({ length: 5000 }, (_, i) => `${i}`.padEnd(2000, 'x'));
    const batch = { columns: [vectorFromValues(sqlType(OID.text), texts)], length: texts.length };
    const heavy = paceOf([dear], 4096, clock);
    expect(endsOf(heavy, batch, () => 0.000_1)).toEqual([8, 40, 168, 299, 811, 1335, 3383, 5000]);
    expect(endsOf(paceOf([dear], 4096, clock), batch, () => 3).slice(0, 4)).toEqual([
      8, 10, 11, 12,
    ]);
    const light = paceOf([column], 4096, clock);
    expect(endsOf(light, batch, () => 0)).toEqual([4096, 5000]);
  });

  it('takes a row that is too heavy alone', () => {
    const texts = ['', 'x'.repeat(1e5), 'y'.repeat(1e5), ''];
    const batch = { columns: [vectorFromValues(sqlType(OID.text), texts)], length: texts.length };
    expect(endsOf(paceOf([dear], 4096, clock), batch, () => 1).slice(0, 3)).toEqual([1, 2, 4]);
  });

  it('keeps its size after a few rows, whatever they took', () => {
    const pace = paceOf([dear], 4096, clock);
    piecesOf(pace, 10_000, () => 0.000_1);
    piecesOf(pace, 3, () => 0.01);
    expect(pace.rows).toBe(4096);
  });
});
