/**
 * TSBS iot: readings and diagnostics of trucks, some lost, late or incomplete. In SQL a row has the id of
 * its set of tags in a table of their own; in line protocol the tags themselves.
 */
import {
  BATCH_ROWS,
  START_MICROS,
  type Batch,
  type Column,
  type ColumnData,
  type Dataset,
  type Dictionary,
  type Table,
} from './dataset.ts';
import { disordered, type Flaws } from './disorder.ts';
import { DIAGNOSTICS, drawTruck, Fleet, READINGS, type TruckTags } from './iot-trucks.ts';
import { randomFrom, type Random } from './random.ts';

export interface IotOptions {
  readonly trucks: number;
  readonly epochs: number;
  readonly intervalSeconds: number;
  readonly seed: number;
}

interface Point extends Flaws {
  readonly table: 0 | 1;
  readonly truck: number;
  readonly micros: number;
  readonly values: number[];
}

const TEXT_TAGS = ['name', 'fleet', 'driver', 'model', 'device_version'] as const;
const NUMBER_TAGS = ['load_capacity', 'fuel_capacity', 'nominal_fuel_consumption'] as const;
const TAG_COUNT = TEXT_TAGS.length + NUMBER_TAGS.length;

const TAGS: Table = {
  name: 'tags',
  columns: [
    { name: 'id', kind: 'int' },
    ...TEXT_TAGS.map((name): Column => ({ name, kind: 'text', nullable: true, tag: true })),
    ...NUMBER_TAGS.map((name): Column => ({ name, kind: 'float', decimals: 0, nullable: true })),
  ],
  indexes: [['name']],
  orderBy: ['id'],
  sqlOnly: true,
};

function pointTable(
  name: string,
  fields: readonly { readonly name: string; readonly decimals: number }[],
): Table {
  return {
    name,
    columns: [
      { name: 'time', kind: 'time' },
      { name: 'tags_id', kind: 'int', only: 'sql' },
      ...TEXT_TAGS.map((tag): Column => ({ name: tag, kind: 'text', tag: true, only: 'line' })),
      ...NUMBER_TAGS.map(
        (tag): Column => ({ name: tag, kind: 'float', decimals: 0, only: 'line' }),
      ),
      ...fields.map(({ name: field, decimals }): Column => {
        return { name: field, kind: 'float', decimals, nullable: true, whole: field === 'status' };
      }),
    ],
    indexes: [['tags_id', 'time DESC'], ['time DESC']],
    orderBy: ['tags_id', 'time'],
    timeColumn: 'time',
  };
}

const TABLES = [pointTable('readings', READINGS), pointTable('diagnostics', DIAGNOSTICS)] as const;

export function iot(options: IotOptions): Dataset {
  const { trucks, epochs, intervalSeconds, seed } = options;
  return {
    key: ['iot', trucks, epochs, intervalSeconds, seed].join('-'),
    tables: [TAGS, ...TABLES],
    batches: () => batches(options),
  };
}

function* points(options: IotOptions, fleet: Fleet, random: Random): Generator<Point> {
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const micros = START_MICROS + epoch * options.intervalSeconds * 1e6;
    for (const table of [0, 1] as const) {
      for (let truck = 0; truck < options.trucks; truck++) {
        const values = table === 0 ? fleet.reading(truck) : fleet.diagnostic(truck);
        yield { table, truck, micros, values, missingField: -1, missingTag: -1 };
      }
    }
    fleet.advance(random);
  }
}

function* batches(options: IotOptions): Generator<Batch> {
  const random = randomFrom(options.seed);
  const trucks = Array.from({ length: options.trucks }, (_, i) => drawTruck(i, random));
  const fleet = new Fleet(options.trucks, random);
  const tagSets = new TagSets(trucks);
  const pending = TABLES.map((table) => new PointRows(table, tagSets));
  const shape = { fields: (point: Point) => point.values.length, tags: TAG_COUNT };
  for (const point of disordered(points(options, fleet, random), shape, random)) {
    const rows = pending[point.table];
    rows.add(point);
    if (rows.count === BATCH_ROWS) yield rows.take();
  }
  for (const rows of pending) if (rows.count > 0) yield rows.take();
  yield tagSets.batch();
}

/** Numbers each set of tags as it is met: a truck's own, and those that lack one. */
class TagSets {
  readonly dictionaries: readonly Dictionary[];
  readonly #trucks: readonly TruckTags[];
  readonly #ids = new Map<number, number>();
  readonly #sets: (readonly [truck: number, missing: number])[] = [];
  readonly #codes: readonly (readonly number[])[];

  constructor(trucks: readonly TruckTags[]) {
    this.#trucks = trucks;
    const columns = TEXT_TAGS.map((_, i) => {
      const words = [...new Set(trucks.map((truck) => String(truck[i])))];
      const at = new Map(words.map((word, code) => [word, code]));
      return { words, codes: trucks.map((truck) => at.get(String(truck[i])) as number) };
    });
    this.dictionaries = columns.map(({ words }) => ({ words }));
    this.#codes = columns.map(({ codes }) => codes);
  }

  idOf(truck: number, missing: number): number {
    const key = truck * (TAG_COUNT + 1) + missing + 1;
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#sets.push([truck, missing]);
      this.#ids.set(key, id);
    }
    return id;
  }

  code(truck: number, tag: number, missing: number): number {
    return missing === tag ? -1 : this.#codes[tag][truck];
  }

  number(truck: number, tag: number, missing: number): number {
    return missing === tag ? NaN : Number(this.#trucks[truck][tag]);
  }

  batch(): Batch {
    const sets = this.#sets;
    const columns: ColumnData[] = [
      { values: Float64Array.from(sets.keys(), (i) => i + 1) },
      ...TEXT_TAGS.map((_, tag) => ({
        codes: Int32Array.from(sets, ([truck, missing]) => this.code(truck, tag, missing)),
        dictionary: this.dictionaries[tag],
      })),
      ...NUMBER_TAGS.map((_, i) => ({
        values: Float64Array.from(sets, ([truck, missing]) =>
          this.number(truck, TEXT_TAGS.length + i, missing),
        ),
      })),
    ];
    return { table: TAGS, rows: sets.length, columns };
  }
}

/** Points of one table until they make a batch. */
class PointRows {
  readonly #table: Table;
  readonly #tagSets: TagSets;
  readonly #points: Point[] = [];

  constructor(table: Table, tagSets: TagSets) {
    this.#table = table;
    this.#tagSets = tagSets;
  }

  get count(): number {
    return this.#points.length;
  }

  add(point: Point): void {
    this.#points.push(point);
  }

  take(): Batch {
    const taken = this.#points.splice(0);
    const sets = this.#tagSets;
    const numbers = (of: (point: Point) => number): ColumnData => ({
      values: Float64Array.from(taken, of),
    });
    const columns: ColumnData[] = [
      numbers(({ micros }) => micros),
      numbers(({ truck, missingTag }) => sets.idOf(truck, missingTag)),
      ...TEXT_TAGS.map((_, tag) => ({
        codes: Int32Array.from(taken, (point) => sets.code(point.truck, tag, point.missingTag)),
        dictionary: sets.dictionaries[tag],
      })),
      ...NUMBER_TAGS.map((_, i) =>
        numbers(({ truck, missingTag }) => sets.number(truck, TEXT_TAGS.length + i, missingTag)),
      ),
      ...taken[0].values.map((_, field) =>
        numbers(({ values, missingField }) => (missingField === field ? NaN : values[field])),
      ),
    ];
    return { table: this.#table, rows: taken.length, columns };
  }
}
