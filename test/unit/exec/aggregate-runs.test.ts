import { describe, expect, it } from 'vitest';
import { segmenterFor } from '../../../src/exec/aggregation/segments.ts';
import { builtinRegistry } from '../../../src/functions/registry.ts';
import type { ScalarFunction } from '../../../src/functions/function.ts';
import type { Expr } from '../../../src/plan/expr.ts';
import type { TableScanNode, PhysicalNode } from '../../../src/plan/physical.ts';
import { Interval } from '../../../src/types/interval.ts';
import { OID, type SqlType } from '../../../src/types/type.ts';
import type { Value } from '../../../src/types/value.ts';
import type { Batch, Vector } from '../../../src/vector/vector.ts';
import type { StorageTransaction } from '../../../src/storage/storage.ts';
import {
  aggregateCall,
  call,
  column,
  comparison,
  constant,
  FLOAT8,
  INT8,
  joined,
  outputColumns,
  randomSource,
  rowsOf,
  sortedText,
  sum,
  testContext,
  TEXT,
  TIMESTAMPTZ,
} from './support.ts';
import { StringDictionary } from '../../../src/vector/string-dictionary.ts';
import { printedSeed } from '../../support/seed.ts';

const INTERVAL: SqlType = { oid: OID.interval, typmod: -1 };
const types = [TIMESTAMPTZ, TEXT, FLOAT8];

function find(name: string, args: number[]): ScalarFunction {
  const found = builtinRegistry
    .functions(name)
    .find((fn) => fn.kind === 'scalar' && fn.argTypes.join() === args.join());
  return found as ScalarFunction;
}

const timeBucket = find('time_bucket', [OID.interval, OID.timestamptz]);
const dateTrunc = find('date_trunc', [OID.text, OID.timestamptz]);

function bucket(width: Interval): Expr {
  return call(timeBucket, TIMESTAMPTZ, [constant(INTERVAL, width), column(TIMESTAMPTZ, 0)]);
}

function trunc(unit: string): Expr {
  return call(dateTrunc, TIMESTAMPTZ, [constant(TEXT, unit), column(TIMESTAMPTZ, 0)]);
}

/** Batches of runs: the host is constant in a run and the time ascends. */
function randomBatches(random: (below: number) => number, withRuns: boolean): Batch[] {
  const batches: Batch[] = [];
  for (let b = 0; b < 3; b++) {
    const starts: number[] = [];
    const time: number[] = [];
    const codes: number[] = [];
    for (let run = 0; run < 1 + random(5); run++) {
      starts.push(time.length);
      const code = random(3);
      let now = (random(2_000_000) - 1_000_000) * 3_600_000;
      const grid = random(2) === 0;
      for (let i = 1 + random(40); i > 0; i--) {
        time.push(now);
        codes.push(code);
        now += grid ? 600_000_000 : random(3_000_000_000);
      }
    }
    const { length } = time;
    const columns: Vector[] = [
      { rep: 'f64', type: TIMESTAMPTZ, length, data: Float64Array.from(time), nulls: undefined },
      {
        rep: 'text',
        type: TEXT,
        length,
        codes: Int32Array.from(codes),
        dictionary: new StringDictionary(['x', 'y', 'z']),
        nulls: undefined,
      },
      {
        rep: 'f64',
        type: FLOAT8,
        length,
        data: Float64Array.from(time, (_, i) => (i * 7) % 10),
        nulls: undefined,
      },
    ];
    const runs = { starts: Int32Array.from(starts), constantColumns: [1], timeColumn: 0 };
    batches.push(withRuns ? { columns, length, runs } : { columns, length });
  }
  return batches;
}

function scanOf(): TableScanNode {
  const table = { oid: 1, hypertable: null } as TableScanNode['table'];
  return {
    kind: 'table-scan',
    table,
    attnums: [1, 2, 3],
    predicates: [],
    predicatesAreExact: true,
    filter: null,
    timeOrder: null,
    latest: null,
    columns: outputColumns(types),
    estimatedRows: 1,
  };
}

async function groupRows(groups: Expr[], batches: Batch[], filtered: boolean): Promise<Value[][]> {
  const scan = async function* (): AsyncGenerator<Batch> {
    yield* batches;
  };
  const node: PhysicalNode = {
    kind: 'aggregate',
    groups,
    groupingSets: null,
    estimatedRows: 1,
    columns: outputColumns([...groups.map((group) => group.type), TEXT, FLOAT8]),
    input: {
      ...scanOf(),
      filter: filtered ? comparison('>', column(FLOAT8, 2), constant(FLOAT8, 4)) : null,
    },
    aggregates: [
      aggregateCall(joined, [column(FLOAT8, 2)]),
      aggregateCall(sum, [column(FLOAT8, 2)], {
        filter: comparison('<', column(FLOAT8, 2), constant(FLOAT8, 8)),
      }),
    ],
  };
  return rowsOf(node, testContext({ transaction: { scan } as unknown as StorageTransaction }));
}

describe('aggregation over runs', () => {
  it('gives what hashing gives', async () => {
    const seed = printedSeed('aggregate runs');
    for (let round = 0; round < 60; round++) {
      const groupings = [
        [bucket(new Interval(0, 0, 3_600_000_000)), column(TEXT, 1)],
        [bucket(new Interval(0, 1, 0))],
        [bucket(new Interval(1, 0, 0)), column(TEXT, 1)],
        [trunc('hour')],
        [trunc('month'), column(TEXT, 1)],
        [column(TEXT, 1)],
        [],
      ];
      const groups = groupings[round % groupings.length];
      const filtered = round % 2 === 1;
      const withRuns = await groupRows(
        groups,
        randomBatches(randomSource(seed + round), true),
        filtered,
      );
      const without = await groupRows(
        groups,
        randomBatches(randomSource(seed + round), false),
        filtered,
      );
      expect(sortedText(withRuns), `seed ${seed} round ${round}`).toEqual(sortedText(without));
    }
  });

  it('finds the borders of buckets, also before the epoch and around infinities', () => {
    const segmenter = segmenterFor([bucket(new Interval(0, 0, 10))])!;
    const data = Float64Array.of(-Infinity, -11, -10, -1, 0, 9, 10, 11, 35, 99, Infinity);
    const batch: Batch = {
      columns: [{ rep: 'f64', type: TIMESTAMPTZ, length: data.length, data, nulls: undefined }],
      length: data.length,
      runs: { starts: Int32Array.of(0), constantColumns: [], timeColumn: 0 },
    };
    expect([...segmenter.segments(batch, testContext())!]).toEqual([0, 1, 2, 4, 6, 8, 9, 10]);
    const finite = {
      ...batch,
      columns: [{ ...batch.columns[0], data: data.subarray(1, 10), length: 9 }],
      length: 9,
    } as Batch;
    expect([...segmenter.segments(finite, testContext())!]).toEqual([0, 1, 3, 5, 7, 8]);
  });

  it('leaves other shapes to hashing', () => {
    const [batch] = randomBatches(randomSource(1), true);
    const starts = (groups: Expr[]): unknown =>
      segmenterFor(groups)!.segments(batch, testContext());
    expect(starts([column(FLOAT8, 2)])).toBe(undefined);
    expect(starts([column(TIMESTAMPTZ, 0)])).toBe(undefined);
    expect(starts([trunc('hour'), trunc('day')])).toBe(undefined);
    expect(starts([column(TEXT, 1)])).toBe(batch.runs!.starts);
    const param: Expr = { kind: 'parameter', type: INT8, index: 0 };
    expect(starts([param])).toBe(batch.runs!.starts);
  });
});
