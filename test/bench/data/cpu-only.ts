/** TSBS cpu-only: ten metrics of each host, walks between 0 and 100, truncated to integers. */
import { BATCH_ROWS, START_MICROS, type Batch, type Dataset, type Table } from './dataset.ts';
import { HOST_TAG_COLUMNS, hostTags } from './host-tags.ts';
import { randomFrom, type Random } from './random.ts';

export const CPU_METRICS = [
  'usage_user',
  'usage_system',
  'usage_idle',
  'usage_nice',
  'usage_iowait',
  'usage_irq',
  'usage_softirq',
  'usage_steal',
  'usage_guest',
  'usage_guest_nice',
] as const;

export interface CpuOptions {
  readonly scale: number;
  readonly epochs: number;
  readonly intervalSeconds: number;
  readonly seed: number;
  /** Rows after which the data set ends. */
  readonly rowsMax?: number;
  /** Keep so many decimals instead of truncating to integers. */
  readonly decimals?: number;
  readonly table?: string;
}

export function cpuTable(options: Pick<CpuOptions, 'decimals' | 'table'>): Table {
  const decimals = options.decimals ?? 0;
  return {
    name: options.table ?? 'cpu',
    columns: [
      { name: 'time', kind: 'time' },
      ...HOST_TAG_COLUMNS,
      ...CPU_METRICS.map(
        (name) => ({ name, kind: 'float', decimals, whole: decimals === 0 }) as const,
      ),
    ],
    indexes: [['hostname', 'time DESC'], ['time DESC']],
    orderBy: ['hostname', 'time'],
    timeColumn: 'time',
  };
}

export function cpuOnly(options: CpuOptions): Dataset {
  const { scale, epochs, intervalSeconds, seed, rowsMax, decimals } = options;
  const table = cpuTable(options);
  return {
    key: [table.name, scale, epochs, intervalSeconds, seed, rowsMax ?? 'all', decimals ?? 0].join(
      '-',
    ),
    tables: [table],
    batches: () => batches(options, table),
  };
}

function* batches(options: CpuOptions, table: Table): Generator<Batch> {
  const { scale, epochs, intervalSeconds, seed } = options;
  const random = randomFrom(seed);
  const tags = hostTags(scale, random);
  const state = Float64Array.from({ length: scale * CPU_METRICS.length }, () =>
    random.between(0, 100),
  );
  const time = new Float64Array(Math.min(scale, BATCH_ROWS));
  const fields = CPU_METRICS.map(() => new Float64Array(time.length));
  let left = options.rowsMax ?? Infinity;
  for (let epoch = 0; epoch < epochs && left > 0; epoch++) {
    time.fill(START_MICROS + epoch * intervalSeconds * 1e6);
    for (let first = 0; first < scale && left > 0; first += BATCH_ROWS) {
      const rows = Math.min(BATCH_ROWS, scale - first, left);
      left -= rows;
      step(state, first, rows, fields, random, 10 ** (options.decimals ?? 0));
      yield {
        table,
        rows,
        columns: [
          { values: time },
          ...tags.map((tag) => ({ ...tag, codes: tag.codes.subarray(first) })),
          ...fields.map((values) => ({ values })),
        ],
      };
    }
  }
}

/** Writes the present values of some hosts, then lets each walk one step. */
function step(
  state: Float64Array,
  first: number,
  rows: number,
  fields: readonly Float64Array[],
  random: Random,
  factor: number,
): void {
  const width = fields.length;
  for (let m = 0; m < width; m++) {
    const values = fields[m];
    for (let row = 0, at = first * width + m; row < rows; row++, at += width) {
      const value = state[at];
      values[row] = Math.trunc(value * factor) / factor;
      const next = value + random.normal();
      state[at] = next < 0 ? 0 : next > 100 ? 100 : next;
    }
  }
}
