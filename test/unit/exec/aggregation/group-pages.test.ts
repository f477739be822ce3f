/** States of more groups than one accumulator has, against plain arrays. */
import { expect, it } from 'vitest';
import { finishNow } from '../../../../src/base/steps.ts';
import { GroupPages, PAGE_GROUPS } from '../../../../src/exec/aggregation/group-pages.ts';
import type { AggregateFunction, EvalContext } from '../../../../src/functions/function.ts';
import { builtinRegistry } from '../../../../src/functions/registry.ts';
import { tryAllocate } from '../../../../src/kernels/memory.ts';
import { OID, sqlType } from '../../../../src/types/type.ts';
import { laneArray } from '../../../../src/vector/lanes.ts';
import { LaneVector } from '../../../../src/vector/lane-vector.ts';
import { valueAt, vectorFromValues } from '../../../../src/vector/vector.ts';
import { randomSource } from '../support.ts';
import { printedSeed } from '../../../support/seed.ts';
import { expectSame } from '../../../support/expect-same.ts';

const INT4 = sqlType(OID.int4);
const GROUPS = 1_060_000;
const ROWS = 50_000;

function aggregate(name: string): AggregateFunction {
  const found = builtinRegistry
    .functions(name)
    .find((fn) => fn.kind === 'aggregate' && (fn.argTypes[0] ?? OID.int4) === OID.int4);
  return found as AggregateFunction;
}

function pagesOf(name: string): GroupPages {
  const fn = aggregate(name);
  const call = { argTypes: [INT4], returnType: sqlType(fn.returnType) };
  return new GroupPages(() => fn.createAccumulator(call, {} as EvalContext, []));
}

it('keeps the states of many groups, and gives them in ranges', () => {
  const seed = printedSeed('group pages');
  const random = randomSource(seed);
  const pages = { sum: pagesOf('sum'), max: pagesOf('max'), min: pagesOf('min') };
  const sums = new Map<number, number>();
  const most = new Map<number, number>();
  const least = new Map<number, number>();
  for (let round = 0; round < 3; round++) {
    const near = round === 1 ? 5000 : GROUPS;
    const groups = Int32Array.from({ length: ROWS }, () => GROUPS - 1 - random(near));
    const values = Array.from({ length: ROWS }, () =>
      random(9) === 0 ? null : random(1000) - 500,
    );
    groups.forEach((group, i) => {
      const value = values[i];
      if (value === null || value === undefined) return;
      sums.set(group, (sums.get(group) ?? 0) + value);
      most.set(group, Math.max(most.get(group) ?? -Infinity, value));
      least.set(group, Math.min(least.get(group) ?? Infinity, value));
    });
    for (const each of Object.values(pages)) {
      each.ensureGroups(GROUPS);
      each.add(groups, [vectorFromValues(INT4, values)], ROWS);
    }
  }
  for (let first = 0; first < GROUPS; first += PAGE_GROUPS) {
    // All of them would take long.
    if (first % (16 * PAGE_GROUPS) !== 0 && Math.abs(first - 2 ** 20) > PAGE_GROUPS) continue;
    const count = Math.min(PAGE_GROUPS, GROUPS - first);
    for (const [expected, each] of [
      [sums, pages.sum],
      [most, pages.max],
      [least, pages.min],
    ] as const) {
      const vector = finishNow(each.finishSteps(first, count));
      const found = Array.from({ length: count }, (_, i) => valueAt(vector, i));
      const wanted = Array.from({ length: count }, (_, i) => expected.get(first + i) ?? null);
      expectSame(found, wanted, `seed ${seed}`);
    }
  }
});

it('adds lanes as the integers that they stand for', () => {
  const seed = printedSeed('group pages');
  const random = randomSource(seed);
  for (const bits of [8, 16, 32] as const) {
    for (const base of [-5, 0, 2 ** 52]) {
      const length = 500 + random(500);
      const block = tryAllocate((length * bits) / 8)!;
      const lanes = { block, bits, length, base, factor: 3, divisor: 1 };
      const first = block.pointer / (bits / 8);
      for (let i = 0; i < length; i++) laneArray(lanes)[first + i] = random(250);
      const skipped = random(100);
      const rows = {
        lanes,
        starts: Int32Array.of(skipped),
        at: Int32Array.of(0, length - skipped),
      };
      const nulls = Uint8Array.from({ length: length - skipped }, () => Number(random(5) === 0));
      const vector = new LaneVector(INT4, rows, random(2) === 0 ? nulls : undefined);
      const groups = Int32Array.from({ length: vector.length }, () => random(40));
      const results = [vector, { ...vector, data: vector.data.slice() }].map((column) => {
        const fresh = column === vector ? new LaneVector(INT4, rows, vector.nulls) : column;
        return ['sum', 'avg'].map((name) => {
          const pages = pagesOf(name);
          pages.ensureGroups(50);
          pages.add(groups, [fresh], vector.length);
          const sums = finishNow(pages.finishSteps(0, 50));
          return Array.from({ length: 50 }, (_, i) => valueAt(sums, i));
        });
      });
      expect(results[0], `seed ${seed}`).toEqual(results[1]);
    }
  }
});
