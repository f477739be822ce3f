/** TSBS devops: nine measurements with 101 fields of each host, each measurement a table. */
import {
  BATCH_ROWS,
  START_MICROS,
  type Batch,
  type Column,
  type ColumnData,
  type Dataset,
  type Table,
} from './dataset.ts';
import { DEVOPS_MEASUREMENTS, type Measurement } from './devops-measurements.ts';
import { HOST_TAG_COLUMNS, hostTags, type TagColumn } from './host-tags.ts';
import { randomFrom, type Random } from './random.ts';
import { WalkState } from './walks.ts';

export interface DevopsOptions {
  readonly scale: number;
  readonly epochs: number;
  readonly intervalSeconds: number;
  readonly seed: number;
}

export function devops(options: DevopsOptions): Dataset {
  const { scale, epochs, intervalSeconds, seed } = options;
  const tables = DEVOPS_MEASUREMENTS.map(tableOf);
  return {
    key: ['devops', scale, epochs, intervalSeconds, seed].join('-'),
    tables,
    batches: () => batches(options, tables),
  };
}

function tableOf(measurement: Measurement): Table {
  return {
    name: measurement.name,
    columns: [
      { name: 'time', kind: 'time' },
      ...HOST_TAG_COLUMNS,
      ...measurement.tags.map(({ name }): Column => ({ name, kind: 'text', tag: true })),
      ...measurement.fields.map(
        ({ name, isFloat }): Column =>
          isFloat === true
            ? { name, kind: 'float' }
            : { name, kind: 'float', decimals: 0, whole: true },
      ),
    ],
    indexes: [['hostname', 'time DESC'], ['time DESC']],
    orderBy: ['hostname', 'time'],
    timeColumn: 'time',
  };
}

function* batches(options: DevopsOptions, tables: readonly Table[]): Generator<Batch> {
  const { scale, epochs, intervalSeconds, seed } = options;
  const random = randomFrom(seed);
  const tags = hostTags(scale, random);
  const sources = DEVOPS_MEASUREMENTS.map((m, i) => new Source(m, tables[i], scale, tags, random));
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const source of sources) {
      for (let first = 0; first < scale; first += BATCH_ROWS) {
        yield source.batch(first, Math.min(BATCH_ROWS, scale - first), epoch * intervalSeconds);
      }
    }
    for (const source of sources) source.advance(random);
  }
}

/** One measurement of all hosts. */
class Source {
  readonly #measurement: Measurement;
  readonly #table: Table;
  readonly #tags: readonly TagColumn[];
  readonly #fixed: readonly (readonly number[])[];
  readonly #states: readonly WalkState[];
  readonly #time: Float64Array;
  readonly #fields: readonly Float64Array[];

  constructor(
    measurement: Measurement,
    table: Table,
    scale: number,
    hostTagColumns: readonly TagColumn[],
    random: Random,
  ) {
    this.#measurement = measurement;
    this.#table = table;
    const own = measurement.tags.map(({ draw }) => {
      const words = Array.from({ length: scale }, () => String(draw(random)));
      return { codes: Int32Array.from(words.keys()), dictionary: { words } };
    });
    this.#tags = [...hostTagColumns, ...own];
    this.#fixed = Array.from({ length: scale }, () =>
      measurement.fixed.map(({ draw }) => Number(draw(random))),
    );
    this.#states = measurement.walks.map((walk) => new WalkState(walk, scale, random));
    this.#time = new Float64Array(Math.min(scale, BATCH_ROWS));
    this.#fields = measurement.fields.map(() => new Float64Array(this.#time.length));
  }

  batch(first: number, rows: number, seconds: number): Batch {
    this.#time.fill(START_MICROS + seconds * 1e6);
    const now = this.#states.map(() => 0);
    for (let row = 0; row < rows; row++) {
      for (let s = 0; s < now.length; s++) now[s] = this.#states[s].values[first + row];
      this.#measurement.fields.forEach((field, f) => {
        const value = field.value(now, this.#fixed[first + row], seconds);
        this.#fields[f][row] = field.isFloat === true ? value : Math.trunc(value);
      });
    }
    const columns: ColumnData[] = [
      { values: this.#time },
      ...this.#tags.map((tag) => ({ ...tag, codes: tag.codes.subarray(first) })),
      ...this.#fields.map((values) => ({ values })),
    ];
    return { table: this.#table, rows, columns };
  }

  advance(random: Random): void {
    for (const state of this.#states) state.advance(random);
  }
}
