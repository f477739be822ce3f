/** A small world for the hypertable store: one table, a log that can be replayed, and its own locks. */
import type { Env } from '../../../../src/base/env.ts';
import type {
  CatalogSnapshot,
  ColumnDescriptor,
  IndexDescriptor,
  TableDescriptor,
} from '../../../../src/catalog/catalog.ts';
import { liveColumns } from '../../../../src/catalog/catalog.ts';
import { MemoryKv } from '../../../../src/storage/kv/memory.ts';
import type { KvStore } from '../../../../src/storage/kv/kv.ts';
import type { HypertableStore } from '../../../../src/storage/hypertable/hypertable-store.ts';
import {
  openHypertableStore,
  type HypertableStoreOptions,
} from '../../../../src/storage/hypertable/open.ts';
import type { ScanRequest } from '../../../../src/storage/storage.ts';
import { OID, sqlType, type Oid } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import { valueAt, vectorFromValues, type Batch } from '../../../../src/vector/vector.ts';

export function column(
  attnum: number,
  name: string,
  oid: Oid,
  missingText?: string,
): ColumnDescriptor {
  return {
    attnum,
    name,
    type: sqlType(oid),
    notNull: false,
    defaultSql: null,
    identity: '',
    missingText,
  };
}

export function hypertable(
  columns: readonly ColumnDescriptor[],
  options: { chunkInterval: number; segmentBy?: readonly number[] | null; storageId?: number },
): TableDescriptor {
  return {
    kind: 'table',
    oid: 20000,
    name: 'metrics',
    schema: 2200,
    owner: 10,
    rowType: 20001,
    rowArrayType: 20002,
    columns,
    constraints: [],
    hypertable: {
      timeColumn: 1,
      chunkInterval: options.chunkInterval,
      segmentBy: options.segmentBy ?? null,
      spaceDimensions: [],
    },
    persistence: 'permanent',
    options: [],
    schemaVersion: 1,
    storageId: options.storageId ?? 7,
  };
}

export function uniqueIndex(columns: readonly number[], oid = 30000): IndexDescriptor {
  return {
    kind: 'index',
    oid,
    name: `metrics_key_${oid}`,
    schema: 2200,
    table: 20000,
    keys: columns.map((c) => ({ column: c, descending: false, nullsFirst: false })),
    include: [],
    unique: true,
    primary: false,
    nullsNotDistinct: false,
    method: 'btree',
    storageId: oid,
  };
}

/** A small, fast generator of pseudo-random numbers in [0, 1). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type Row = readonly Value[];

export function batchOf(table: TableDescriptor, rows: readonly Row[]): Batch {
  const columns = liveColumns(table).map(({ type }, i) =>
    vectorFromValues(
      type,
      rows.map((row) => row[i]),
    ),
  );
  return { columns, length: rows.length };
}

export function rowsOf(batch: Batch): Value[][] {
  const rows: Value[][] = [];
  for (let i = 0; i < batch.length; i++) {
    rows.push(batch.columns.map((vector) => valueAt(vector, i)));
  }
  return rows;
}

export function request(attnums: readonly number[], extra: Partial<ScanRequest> = {}): ScanRequest {
  return { attnums, predicates: [], timeOrder: null, ...extra };
}

export const ERROR_OPTIONS = { onConflict: 'error', arbiters: [] } as const;

/** The store over a key-value store, with the records that were applied. */
export class World {
  readonly kv: KvStore;
  table: TableDescriptor;
  indexes: IndexDescriptor[] = [];
  readonly log: { sequence: number; bytes: Uint8Array }[] = [];
  store!: HypertableStore;
  sequence = 0;
  flushRows = 1_000_000;
  cacheBytes = 64 * 2 ** 20;
  readonly renames: ((ref: number) => number | undefined)[] = [];
  spillLimits: HypertableStoreOptions['spillLimits'];
  compactRows: number | undefined;

  constructor(table: TableDescriptor, kv: KvStore = new MemoryKv()) {
    this.table = table;
    this.kv = kv;
  }

  async open(): Promise<this> {
    this.store = await openHypertableStore({
      kv: this.kv,
      env: {
        timers: testTimers(),
        log: quietLog(),
        clock: { nowMicros: () => 0, monotonicMs: () => performance.now() },
      } as unknown as Env,
      catalog: () => this.#catalog(),
      locks: { rename: (_storageId, refOf) => void this.renames.push(refOf) },
      cacheBytes: this.cacheBytes,
      flushRows: this.flushRows,
      sequenceApplied: 0,
      spillLimits: this.spillLimits,
      compactRows: this.compactRows,
    });
    return this;
  }

  /** Opens a second store over the same storage and replays the log from a sequence on. */
  async reopen(from = 1): Promise<void> {
    await this.store.close();
    await this.open();
    for (const { sequence, bytes } of this.log) {
      if (sequence >= from) this.store.apply(sequence, bytes.slice());
    }
  }

  async prepareAndCommit(writes: ReturnType<HypertableStore['openWrites']>): Promise<void> {
    await this.store.prepare(writes);
    this.commit(writes);
  }

  commit(writes: ReturnType<HypertableStore['openWrites']>): void {
    const bytes = this.store.parts(writes) as Uint8Array;
    this.sequence++;
    this.log.push({ sequence: this.sequence, bytes: bytes.slice() });
    this.store.apply(this.sequence, bytes);
  }

  async insert(rows: readonly Row[]): Promise<void> {
    const writes = this.store.openWrites();
    const batch = batchOf(this.table, rows);
    const view = this.store.current();
    await this.store.insert(view, writes, this.table, batch, this.indexes, ERROR_OPTIONS);
    this.commit(writes);
  }

  async scan(
    extra: Partial<ScanRequest> & { attnums?: readonly number[] } = {},
    view = this.store.current(),
  ) {
    const attnums = extra.attnums ?? liveColumns(this.table).map(({ attnum }) => attnum);
    const batches: Batch[] = [];
    for await (const batch of this.store.scan(
      view,
      undefined,
      this.table,
      request(attnums, extra),
    )) {
      batches.push(batch);
    }
    return batches;
  }

  #catalog(): CatalogSnapshot {
    return {
      relations: () => [this.table],
      relation: (oid: Oid) => (oid === this.table.oid ? this.table : undefined),
      indexesOf: () => this.indexes,
    } as unknown as CatalogSnapshot;
  }
}

function testTimers(): Env['timers'] {
  return {
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    yield: () => new Promise((resolve) => setImmediate(resolve)),
    soon: (callback) => void setImmediate(callback),
  };
}

function quietLog(): Env['log'] {
  const ignore = (): void => {};
  return { debug: ignore, info: ignore, warn: ignore, error: ignore };
}

/** Rows as one comparable text, in no order. */
export function asSet(rows: readonly Row[]): string[] {
  return rows.map((row) => row.map(textOf).join('|')).sort();
}

function textOf(value: Value): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'object' && value !== null) {
    return JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v));
  }
  return String(value);
}

export { OID };
