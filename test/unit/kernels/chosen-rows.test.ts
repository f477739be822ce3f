/** Rows that are chosen four at a time, beside a filter over all of them. */
import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { kernels } from '../../../src/kernels/kernels.ts';
import { kernelViews, scratch } from '../../../src/kernels/memory.ts';

const ROWS_MAX = 300;
/** What may stand behind the rows. */
const GUARD = 0x5a5a5a5a;

function chosen(numbers: readonly number[], select: (source: number, out: number) => number) {
  const source = scratch(ROWS_MAX * 8 + 64);
  const out = source + ROWS_MAX * 4;
  const { i32 } = kernelViews();
  i32.set(numbers, source / 4);
  i32.fill(GUARD, out / 4, out / 4 + ROWS_MAX + 16);
  const count = select(source, out);
  expect([...i32.subarray(out / 4 + count + 4, out / 4 + count + 8)]).toEqual(Array(4).fill(GUARD));
  return [...i32.subarray(out / 4, out / 4 + count)];
}

/** All kinds of shares: none of sixteen rows, some, all. */
const flags = fc
  .tuple(fc.integer({ min: 0, max: 20 }), fc.array(fc.nat({ max: 19 }), { maxLength: ROWS_MAX }))
  .map(([share, numbers]) => numbers.map((number) => number < share));

describe('chosen rows', () => {
  it('are those that are true', () => {
    fc.assert(
      fc.property(flags, fc.integer({ min: 0, max: 1e6 }), (all, row) => {
        const truth = all.map((flag) => (flag ? -1 : 0));
        const found = chosen(truth, (source, out) =>
          kernels.trueRows(source, truth.length, row, out),
        );
        expect(found).toEqual(all.flatMap((flag, i) => (flag ? [row + i] : [])));
      }),
    );
  });

  it('are those with a code, or with another one', () => {
    fc.assert(
      fc.property(flags, fc.integer(), fc.integer(), (all, code, other) => {
        const codes = all.map((flag) => (flag ? code : other));
        const count = codes.length;
        const rowsWhere = (holds: (each: number) => boolean): number[] =>
          codes.flatMap((each, i) => (holds(each) ? [i] : []));
        expect(
          chosen(codes, (source, out) => kernels.equalCodes(source, count, code, out)),
        ).toEqual(rowsWhere((each) => each === code));
        expect(
          chosen(codes, (source, out) => kernels.otherCodes(source, count, code, out)),
        ).toEqual(rowsWhere((each) => each !== code));
      }),
    );
  });
});
