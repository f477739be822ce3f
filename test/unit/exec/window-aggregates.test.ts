/** What aggregates compute over all frames at once, held against their accumulators frame by frame. */
import { describe, expect, it } from 'vitest';
import { countAggregates } from '../../../src/functions/aggregate/count.ts';
import { extremeAggregates } from '../../../src/functions/aggregate/min-max.ts';
import { sumAggregates } from '../../../src/functions/aggregate/sum.ts';
import { windowFunctions } from '../../../src/functions/window/functions.ts';
import type { AggregateFunction } from '../../../src/functions/function.ts';
import type {
  FrameBound,
  PhysicalNode,
  WindowCall,
  WindowFrame,
} from '../../../src/plan/physical.ts';
import type { Value } from '../../../src/types/value.ts';
import {
  column,
  constant,
  FLOAT8,
  INT4,
  INT8,
  outputColumns,
  randomSource,
  rowsOf,
  sortKey,
  values,
} from './support.ts';
import { sqlType, type SqlType } from '../../../src/types/type.ts';
import { printedSeed } from '../../support/seed.ts';
import { rounds } from '../../support/rounds.ts';

const aggregates = [...countAggregates, ...sumAggregates, ...extremeAggregates];

const callOf = (fn: AggregateFunction, arg: number, type: SqlType): WindowCall => {
  const returned = sqlType(fn.returnType);
  return {
    fn,
    call: { argTypes: [type], returnType: returned },
    args: fn.argTypes.length === 0 ? [] : [column(type, arg)],
    filter: null,
    type: returned,
  };
};

/** The calls that have a form over frames, over an integer, a double and a wide integer. */
const calls = aggregates
  .filter(({ overFrames }) => overFrames !== undefined)
  .flatMap((fn) => {
    const [type] = fn.argTypes;
    if (fn.argTypes.length === 0) return [callOf(fn, 2, INT4)];
    if (fn.name === 'count') return [callOf(fn, 2, INT4), callOf(fn, 3, FLOAT8)];
    if (type === INT4.oid) return [callOf(fn, 2, INT4)];
    if (type === INT8.oid) return [callOf(fn, 4, INT8)];
    return type === FLOAT8.oid ? [callOf(fn, 3, FLOAT8)] : [];
  });

function withoutForms({ fn, ...call }: WindowCall): WindowCall {
  return {
    ...call,
    fn: { ...(fn as AggregateFunction), overFrames: undefined } as AggregateFunction,
  };
}

describe('aggregates over frames', () => {
  it('are what their accumulators give', async () => {
    expect(calls.length).toBeGreaterThan(10);
    const seed = printedSeed('window aggregates');
    const random = randomSource(seed);
    const pick = <T>(items: readonly T[]): T => items[random(items.length)];
    for (let round = 0; round < rounds(12); round++) {
      const wide = random(4) === 0 ? [2 ** 53 - 1, -(2 ** 53) + 1, 2n ** 60n] : [7, -3];
      const odd = random(4) === 0 ? [NaN, Infinity, 1e308] : [0.1, -0, 0];
      const rows = Array.from({ length: 1 + random(80) }, (): Value[] => [
        random(6),
        random(5),
        pick([null, 1, 2, -5, 1_000_000]),
        pick([null, ...odd, 2.5, -7.25]),
        pick([null, 4, ...wide]),
      ]);
      const bound = (side: 'start' | 'end'): FrameBound => {
        const kind = pick(['unbounded', 'unbounded', 'current-row', 'preceding'] as const);
        if (kind === 'preceding') return { kind, offset: constant(INT4, random(4)) };
        if (kind === 'current-row') return { kind };
        return { kind: side === 'start' ? 'unbounded-preceding' : 'unbounded-following' };
      };
      const frame: WindowFrame = {
        mode: pick(['rows', 'groups']),
        start: bound('start'),
        end: bound('end'),
        exclude: 'none',
      };
      for (const call of calls) {
        const node = (one: WindowCall): PhysicalNode => ({
          kind: 'window',
          input: values([INT4, INT4, INT4, FLOAT8, INT8], rows),
          estimatedRows: 1,
          columns: outputColumns([INT4, INT4, INT4, FLOAT8, INT8, one.type]),
          partitionBy: [column(INT4, 0)],
          orderBy: [sortKey(INT4, 1)],
          frame,
          calls: [one],
        });
        const what = `seed ${seed} round ${round} ${call.fn.name} ${JSON.stringify(frame)}`;
        const expected = await answer(node(withoutForms(call)));
        expect(await answer(node(call)), what).toEqual(expected);
      }
    }
  });
});

it('the largest value up to a row is NaN once one was there', async () => {
  const max = aggregates.find(
    ({ name, argTypes }) => name === 'max' && argTypes[0] === FLOAT8.oid,
  ) as AggregateFunction;
  const node: PhysicalNode = {
    kind: 'window',
    input: values(
      [INT4, FLOAT8],
      [1, 2, NaN, 3].map((value, i): Value[] => [i, value]),
    ),
    estimatedRows: 1,
    columns: outputColumns([INT4, FLOAT8, FLOAT8]),
    partitionBy: [],
    orderBy: [sortKey(INT4, 0)],
    frame: {
      mode: 'rows',
      start: { kind: 'unbounded-preceding' },
      end: { kind: 'current-row' },
      exclude: 'none',
    },
    calls: [callOf(max, 1, FLOAT8)],
  };
  expect((await rowsOf(node)).map((row) => row[2])).toEqual([1, 2, NaN, NaN]);
});

/** The rows, or the code of the error. */
async function answer(node: PhysicalNode): Promise<unknown> {
  try {
    return await rowsOf(node);
  } catch (error) {
    return (error as { readonly code?: string }).code;
  }
}

describe('window functions over many partitions', () => {
  it('pick rows of their own partition', async () => {
    const seed = printedSeed('window aggregates');
    const random = randomSource(seed);
    const rows = Array.from({ length: 6000 }, (_, id): Value[] => [
      random(900),
      id,
      random(9) === 0 ? null : random(50),
      random(4) - 1,
    ]);
    const named = (name: string, args: number): WindowCall['fn'] =>
      windowFunctions.find((fn) => fn.name === name && fn.argTypes.length === args)!;
    const call = (name: string, indexes: readonly number[], type: SqlType): WindowCall => ({
      fn: named(name, indexes.length),
      call: { argTypes: indexes.map(() => INT4), returnType: type },
      args: indexes.map((index) => column(INT4, index)),
      filter: null,
      type,
    });
    const node: PhysicalNode = {
      kind: 'window',
      input: values([INT4, INT4, INT4, INT4], rows),
      estimatedRows: 1,
      columns: outputColumns([INT4, INT4, INT4, INT4, INT4, INT4, INT8]),
      partitionBy: [column(INT4, 0)],
      orderBy: [sortKey(INT4, 1)],
      frame: {
        mode: 'range',
        start: { kind: 'unbounded-preceding' },
        end: { kind: 'current-row' },
        exclude: 'none',
      },
      calls: [call('lag', [2], INT4), call('lead', [2, 3, 1], INT4), call('row_number', [], INT8)],
    };
    const expected = Array.from({ length: 900 }, (_, part) => rows.filter((row) => row[0] === part))
      .map((members) =>
        members.map((row, i) => {
          const target = i + (row[3] as number);
          const lead = target >= 0 && target < members.length ? members[target][2] : row[1];
          return [...row, i === 0 ? null : members[i - 1][2], lead, i + 1];
        }),
      )
      .flat();
    expect(await rowsOf(node), `seed ${seed}`).toEqual(expected);
  });
});
