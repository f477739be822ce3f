import { describe, expect, it } from 'vitest';
import type { WindowFunction, WindowRows } from '../../../src/functions/function.ts';
import type { Expr } from '../../../src/plan/expr.ts';
import type { FrameBound, PhysicalNode, WindowFrame } from '../../../src/plan/physical.ts';
import type { Value } from '../../../src/types/value.ts';
import { vectorFromValues } from '../../../src/vector/vector.ts';
import {
  addition,
  call,
  column,
  comparison,
  constant,
  INT4,
  INT8,
  joined,
  outputColumns,
  randomSource,
  rowsOf,
  scalar,
  sortKey,
  TEXT,
  values,
} from './support.ts';
import { printedSeed } from '../../support/seed.ts';

const subtraction = scalar('sub', ([a, b]) => (a as number) - (b as number));
const moved = (fn: typeof subtraction): Expr => call(fn, INT4, [column(INT4, 0), column(INT4, 1)]);

/** Reports each row's frame through the partition that window functions see. */
const frameRows: WindowFunction = {
  kind: 'window',
  name: 'frame_rows',
  argTypes: [],
  returnType: 25,
  volatility: 'immutable',
  compute: (all) => (start, end) => {
    const texts: Value[] = [];
    for (let i = start; i < end; i++) texts.push(frameText(all, i));
    return vectorFromValues(TEXT, texts);
  },
};

/** Rows of a frame, counted from the first row of the partition. */
function frameText({ partitions, frames, ...all }: WindowRows, i: number): string {
  const first = partitions.starts[partitions.groupOf[i]];
  const rows: number[] = [];
  for (let row = frames.start[i]; row < frames.end[i]; row++) {
    if (!all.isExcluded(i, row)) rows.push(row - first);
  }
  if (!all.excludesRows) expect(rows).toHaveLength(frames.end[i] - frames.start[i]);
  return rows.join(' ');
}

type Row = [part: Value, key: Value, id: number];

/** The ids in the frame of row i, straight from the definition. */
function naiveFrame(rows: Row[], i: number, frame: WindowFrame, descending: boolean): number[] {
  const n = rows.length;
  const peers = (a: number, b: number): boolean => rows[a][1] === rows[b][1];
  const groups: number[] = [];
  rows.forEach((_, j) => groups.push(j === 0 ? 0 : groups[j - 1] + (peers(j - 1, j) ? 0 : 1)));
  const offset = (bound: FrameBound): number =>
    'offset' in bound
      ? (bound.offset as { value: number }).value * (bound.kind === 'preceding' ? -1 : 1)
      : 0;
  const inside = (j: number, bound: FrameBound, side: 1 | -1): boolean => {
    if (bound.kind === 'unbounded-preceding' || bound.kind === 'unbounded-following') return true;
    const by = offset(bound);
    if (frame.mode === 'rows') return side * (j - (i + by)) >= 0;
    if (frame.mode === 'groups') return side * (groups[j] - (groups[i] + by)) >= 0;
    if (bound.kind === 'current-row') return side * (groups[j] - groups[i]) >= 0;
    const [key, other] = [rows[i][1], rows[j][1]];
    if (key === null) return side * (groups[j] - groups[i]) >= 0;
    if (other === null) {
      // NULLs lie outside any distance, before or after all values.
      return side * (j - i) > 0;
    }
    const sign = descending ? -1 : 1;
    return side * sign * (Number(other) - (Number(key) + sign * by)) >= 0;
  };
  const result: number[] = [];
  for (let j = 0; j < n; j++) {
    if (!inside(j, frame.start, 1) || !inside(j, frame.end, -1)) continue;
    if (frame.exclude === 'current-row' && j === i) continue;
    if (frame.exclude === 'group' && peers(i, j)) continue;
    if (frame.exclude === 'ties' && peers(i, j) && j !== i) continue;
    result.push(j);
  }
  return result;
}

describe('window', () => {
  it('takes the frames that the definition gives', async () => {
    const seed = printedSeed('window');
    const random = randomSource(seed);
    const pick = <T>(items: readonly T[]): T => items[random(items.length)];
    for (let round = 0; round < 400; round++) {
      const rows: Row[] = Array.from({ length: 1 + random(14) }, (_, id) => [
        pick(['a', 'b', null]),
        pick([null, 1, 2, 3, 5, 9]),
        id,
      ]);
      const descending = random(2) === 0;
      const nullsFirst = random(2) === 0;
      const bound = (side: 'start' | 'end'): FrameBound => {
        const kind = pick(['unbounded', 'current-row', 'preceding', 'following'] as const);
        if (kind === 'unbounded')
          return { kind: side === 'start' ? 'unbounded-preceding' : 'unbounded-following' };
        if (kind === 'current-row') return { kind };
        return { kind, offset: constant(INT4, random(4)) };
      };
      const frame: WindowFrame = {
        mode: pick(['rows', 'range', 'groups']),
        start: bound('start'),
        end: bound('end'),
        exclude: pick(['none', 'none', 'current-row', 'group', 'ties']),
        rangeBorders: {
          plus: moved(addition),
          minus: moved(subtraction),
          key: column(INT4, 0),
        },
      };
      const filter = random(3) === 0 ? comparison('>', column(INT4, 2), constant(INT4, 3)) : null;
      const info = { argTypes: [INT4], returnType: TEXT };
      const node: PhysicalNode = {
        kind: 'window',
        input: values([TEXT, INT4, INT4], rows),
        estimatedRows: 1,
        columns: outputColumns([TEXT, INT4, INT4, TEXT, TEXT]),
        partitionBy: [column(TEXT, 0)],
        orderBy: [sortKey(INT4, 1, descending, nullsFirst)],
        frame,
        calls: [
          { fn: joined, call: info, args: [column(INT4, 2)], filter, type: TEXT },
          { fn: frameRows, call: info, args: [], filter: null, type: TEXT },
        ],
      };
      const expected: Value[][] = [];
      for (const part of ['a', 'b', null]) {
        const members = rows
          .filter((row) => row[0] === part)
          .toSorted((a, b) => {
            const [p, q] = [a[1], b[1]];
            if (p === null || q === null) return p === q ? 0 : (p === null) === nullsFirst ? -1 : 1;
            return descending ? Number(q) - Number(p) : Number(p) - Number(q);
          });
        members.forEach((row, i) => {
          const frameIds = naiveFrame(members, i, frame, descending);
          const ids = frameIds.map((j) => members[j][2]).filter((id) => filter === null || id > 3);
          expected.push([...row, ids.join(','), frameIds.join(' ')]);
        });
      }
      expect(
        await rowsOf(node),
        `seed ${seed} round ${round} ${JSON.stringify(frame)} ${descending}`,
      ).toEqual(expected);
    }
  });

  it('rejects NULL and negative offsets', async () => {
    const node = (offset: Value): PhysicalNode => ({
      kind: 'window',
      input: values([INT4], [[1]]),
      estimatedRows: 1,
      columns: outputColumns([INT4, TEXT]),
      partitionBy: [],
      orderBy: [sortKey(INT4, 0)],
      frame: {
        mode: 'rows',
        start: { kind: 'preceding', offset: constant(INT8, offset) },
        end: { kind: 'current-row' },
        exclude: 'none',
      },
      calls: [
        {
          fn: joined,
          call: { argTypes: [INT4], returnType: TEXT },
          args: [column(INT4, 0)],
          filter: null,
          type: TEXT,
        },
      ],
    });
    await expect(rowsOf(node(null))).rejects.toMatchObject({
      code: '22004',
      message: 'frame starting offset must not be null',
    });
    await expect(rowsOf(node(-1))).rejects.toMatchObject({
      code: '22013',
      message: 'frame starting offset must not be negative',
    });
  });
});
