import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { kernels } from '../../../src/kernels/kernels.ts';
import { kernelViews, scratch } from '../../../src/kernels/memory.ts';

const ROOM = 4096;

/** Registers of scratch memory, the first ones filled. */
function registers(...filled: readonly (readonly number[])[]): number[] {
  const first = scratch(ROOM * 8);
  const { i32 } = kernelViews();
  const addresses = Array.from({ length: 8 }, (_, i) => first + i * ROOM);
  filled.forEach((values, i) => i32.set(values, addresses[i]! / 4));
  return addresses;
}

function read(address: number, count: number): number[] {
  return [...kernelViews().i32.subarray(address / 4, address / 4 + count)];
}

const number = fc.oneof(fc.integer(), fc.integer({ min: -3, max: 3 }));
const rows = fc.array(fc.tuple(number, number, fc.boolean()), { minLength: 1, maxLength: 100 });
const bool = (value: boolean): number => (value ? -1 : 0);
/** Programs divide only where the quotient is an integer of 32 bits. */
const canDivide = (a: number, b: number): boolean => b !== 0 && !(b === -1 && a === -(2 ** 31));

describe('registers', () => {
  for (const bits of [8, 16, 32] as const) {
    it(`are read from lanes of ${bits} bits`, () => {
      const lane = fc.nat({ max: 2 ** bits - 1 });
      fc.assert(
        fc.property(
          fc.array(lane, { minLength: 1, maxLength: 100 }),
          fc.integer({ min: -1000, max: 1000 }),
          fc.integer({ min: 1, max: 9 }),
          fc.nat({ max: 7 }),
          fc.tuple(lane, lane),
          (lanes, base, factor, skip, ends) => {
            const [, source, target] = registers();
            const views = kernelViews();
            const view = bits === 8 ? views.u8 : bits === 16 ? views.u16 : views.u32;
            const from = source! + (skip * bits) / 8;
            view.set(lanes, from / (bits / 8));
            const count = lanes.length;
            if (bits !== 32) {
              const kernel = bits === 8 ? kernels.readU8 : kernels.readU16;
              kernel(from, target!, count, base, factor);
              expect(read(target!, count)).toEqual(lanes.map((each) => base + each * factor));
            } else {
              kernels.readU32(from, target!, count);
              expect(read(target!, count)).toEqual(lanes.map((each) => each - 2 ** 31));
            }
            const [low, high] = [Math.min(...ends), Math.max(...ends)];
            const between =
              bits === 8
                ? kernels.betweenU8
                : bits === 16
                  ? kernels.betweenU16
                  : kernels.betweenU32;
            between(from, target!, count, low, high);
            const expected = lanes.map((each) => bool(each >= low && each <= high));
            expect(read(target!, count)).toEqual(expected);
          },
        ),
      );
    });
  }

  const PAIRS: Record<string, (a: number, b: number) => number> = {
    addRows: (a, b) => (a + b) | 0,
    subtractRows: (a, b) => (a - b) | 0,
    multiplyRows: (a, b) => Math.imul(a, b),
    divideRows: (a, b) => Math.trunc(a / b) | 0,
    remainderRows: (a, b) => (a % b) | 0,
    equalRows: (a, b) => bool(a === b),
    notEqualRows: (a, b) => bool(a !== b),
    lessRows: (a, b) => bool(a < b),
    lessOrEqualRows: (a, b) => bool(a <= b),
    andRows: (a, b) => a & b,
    orRows: (a, b) => a | b,
    andNotRows: (a, b) => a & ~b,
  };
  for (const [name, one] of Object.entries(PAIRS)) {
    it(`are combined: ${name}`, () => {
      fc.assert(
        fc.property(rows, (all) => {
          const divides = /divide|remainder/.test(name);
          const pairs = all.map(([left, right]): [number, number] => [
            left,
            divides && !canDivide(left, right) ? 1 : right,
          ]);
          const [a, b, c] = registers(
            pairs.map(([left]) => left),
            pairs.map(([, right]) => right),
          );
          const kernel = kernels[name as 'addRows'];
          kernel(a!, b!, c!, all.length);
          expect(read(c!, all.length)).toEqual(pairs.map(([left, right]) => one(left, right)));
        }),
      );
    });
  }

  it('are chosen from and reduced', () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.nat(), (all, p, q) => {
        const [a, b, truth, c] = registers(
          all.map(([left]) => left),
          all.map(([, right]) => right),
          all.map(([, , flag]) => bool(flag)),
        ) as [number, number, number, number];
        const { length } = all;
        kernels.chooseRows(truth, a, b, c, length);
        expect(read(c, length)).toEqual(all.map(([x, y, flag]) => (flag ? x : y)));
        const [from, to] = [p % (length + 1), q % (length + 1)].sort((x, y) => x - y) as [
          number,
          number,
        ];
        const taken = all.slice(from, to).flatMap(([x, , flag]) => (flag ? [x] : []));
        expect(kernels.countRows(truth, from, to)).toBe(taken.length);
        const sum = taken.reduce((total, x) => total + x, 0);
        expect(kernels.sumRows(a, truth, from, to)).toBe(sum);
        expect(kernels.minimumRows(a, truth, from, to)).toBe(Math.min(...taken, 2 ** 31 - 1));
        expect(kernels.maximumRows(a, truth, from, to)).toBe(Math.max(...taken, -(2 ** 31)));
        kernels.fillRows(c, from, to, 7);
        expect(
          read(c, length)
            .slice(from, to)
            .every((each) => each === 7),
        ).toBe(true);
        const found = kernels.trueRows(truth, length, 5, c);
        const expected = all.flatMap(([, , flag], i) => (flag ? [i + 5] : []));
        expect(read(c, found)).toEqual(expected);
      }),
    );
  });

  it('are squared and counted by value', () => {
    const value = fc.integer({ min: -20, max: 40 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, fc.boolean()), { minLength: 1, maxLength: 100 }),
        fc.nat(),
        fc.nat(),
        (all, p, q) => {
          const [a, truth, counters] = registers(
            all.map(([x]) => x),
            all.map(([, flag]) => bool(flag)),
          ) as [number, number, number];
          const ends = [p % (all.length + 1), q % (all.length + 1)].sort((x, y) => x - y);
          const [from, to] = ends as [number, number];
          const taken = all.slice(from, to).flatMap(([x, flag]) => (flag ? [x] : []));
          const squares = taken.reduce((total, x) => total + (x + 20) ** 2, 0);
          expect(kernels.squareRows(a, truth, from, to, -20)).toBe(squares);
          const { u32 } = kernelViews();
          u32.fill(0, counters / 4, counters / 4 + 61 * 4);
          kernels.countValues(a, truth, from, to, -20, counters);
          for (let x = -20; x <= 40; x++) {
            const at = counters / 4 + (x + 20) * 4;
            const count = u32.subarray(at, at + 4).reduce((total, each) => total + each, 0);
            expect(count).toBe(taken.filter((each) => each === x).length);
          }
        },
      ),
    );
  });
});
