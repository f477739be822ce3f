import { describe, expect, it } from 'vitest';
import type { IndexDescriptor, TableDescriptor } from '../../../../src/catalog/catalog.ts';
import {
  StatementRestart,
  type IsolationLevel,
  type StorageEngine,
  type StorageTransaction,
} from '../../../../src/storage/storage.ts';
import { OID } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import {
  INSERT,
  allRows,
  codeOf,
  collect,
  copyOf,
  createIndex,
  createTable,
  inTransaction,
  lookup,
  open,
  refsOf,
  rowsOf,
  temporaryDirectory,
} from '../helpers.ts';
import { seededRandom, type SeededRandom } from '../random.ts';
import { rounds } from '../../../support/rounds.ts';

const COLUMNS = [
  { name: 'id', type: OID.int4 },
  { name: 'grp', type: OID.int4 },
];

/** What the table should look like to each transaction. */
interface Actor {
  readonly transaction: StorageTransaction;
  readonly isolation: IsolationLevel;
  rows: Map<number, number>;
  /** Keys changed by it. */
  touched: Set<number>;
  savepoint: { id: number; rows: Map<number, number>; touched: Set<number> } | undefined;
}

class Model {
  committed = new Map<number, number>();
  readonly actors: Actor[] = [];
  readonly engine: StorageEngine;
  readonly table: TableDescriptor;
  readonly unique: IndexDescriptor;
  readonly group: IndexDescriptor;
  readonly random: SeededRandom;
  nextId = 1;

  constructor(
    engine: StorageEngine,
    tables: { table: TableDescriptor; unique: IndexDescriptor; group: IndexDescriptor },
    random: SeededRandom,
  ) {
    this.engine = engine;
    this.table = tables.table;
    this.unique = tables.unique;
    this.group = tables.group;
    this.random = random;
  }

  begin(): void {
    const isolation = this.random.int(2) === 0 ? 'read committed' : 'repeatable read';
    const transaction = this.engine.begin(isolation, false);
    transaction.newSnapshot();
    this.actors.push({
      transaction,
      isolation,
      rows: new Map(this.committed),
      touched: new Set(),
      savepoint: undefined,
    });
  }

  refresh(actor: Actor): void {
    if (actor.isolation !== 'read committed') return;
    actor.transaction.newSnapshot();
    const rows = new Map(this.committed);
    for (const id of actor.touched) {
      const value = actor.rows.get(id);
      if (value === undefined) rows.delete(id);
      else rows.set(id, value);
    }
    actor.rows = rows;
  }

  async step(actor: Actor): Promise<void> {
    const { random } = this;
    this.refresh(actor);
    switch (random.int(10)) {
      case 0:
      case 1:
        return this.insert(actor);
      case 2:
      case 3:
        return this.change(actor, 'update');
      case 4:
        return this.change(actor, 'delete');
      case 5:
        return this.toggleSavepoint(actor);
      case 6:
        return this.finish(actor);
      default:
        return this.check(actor);
    }
  }

  async insert(actor: Actor): Promise<void> {
    const count = 1 + this.random.int(4);
    const rows = Array.from({ length: count }, () => [this.nextId++, this.random.int(5)]);
    await actor.transaction.insert(this.table, rowsOf(this.table, rows), INSERT);
    for (const [id = 0, group = 0] of rows) {
      actor.rows.set(id, group);
      actor.touched.add(id);
    }
  }

  async change(actor: Actor, kind: 'update' | 'delete'): Promise<void> {
    const ids = [...actor.rows.keys()];
    const id = ids[this.random.int(Math.max(ids.length, 1))];
    if (id === undefined) return;
    const others = this.actors.filter((other) => other !== actor && other.touched.has(id));
    const refs = await refsOf(actor.transaction, this.table, [id]);
    expect(refs).toHaveLength(1);
    const changedMeanwhile =
      !actor.touched.has(id) && this.committed.get(id) !== actor.rows.get(id);
    try {
      const locked = await actor.transaction.lockRows(this.table, refs, 'update', 'skip-locked');
      if (others.length > 0 && locked[0] === 1) {
        throw new Error(`two transactions locked row ${id}`);
      }
      if (locked[0] === 0) return;
    } catch (error) {
      const code = (error as { code?: string }).code;
      if (error instanceof StatementRestart || code === '40001') {
        await this.abandon(actor);
        return;
      }
      throw error;
    }
    expect(changedMeanwhile).toBe(false);
    if (kind === 'delete') {
      await actor.transaction.delete(this.table, refs);
      actor.rows.delete(id);
    } else {
      const group = this.random.int(5);
      await actor.transaction.update(this.table, refs, rowsOf(this.table, [[id, group]]));
      actor.rows.set(id, group);
    }
    actor.touched.add(id);
  }

  toggleSavepoint(actor: Actor): void {
    const { transaction, savepoint } = actor;
    if (savepoint === undefined) {
      const id = transaction.savepoint();
      actor.savepoint = { id, rows: new Map(actor.rows), touched: new Set(actor.touched) };
      return;
    }
    if (this.random.int(2) === 0) {
      transaction.rollbackTo(savepoint.id);
      for (const id of actor.touched) {
        const value = savepoint.touched.has(id)
          ? savepoint.rows.get(id)
          : this.visibleBase(actor, id);
        if (value === undefined) actor.rows.delete(id);
        else actor.rows.set(id, value);
      }
      // The locks taken since are gone.
      actor.touched = new Set(savepoint.touched);
    }
    transaction.releaseSavepoint(savepoint.id);
    actor.savepoint = undefined;
  }

  /** A row that it locked after the savepoint: nobody has changed it since. */
  visibleBase(actor: Actor, id: number): number | undefined {
    return actor.isolation === 'read committed'
      ? this.committed.get(id)
      : actor.savepoint?.rows.get(id);
  }

  async finish(actor: Actor): Promise<void> {
    if (this.random.int(3) === 0) return this.abandon(actor);
    await actor.transaction.commit();
    for (const id of actor.touched) {
      const value = actor.rows.get(id);
      if (value === undefined) this.committed.delete(id);
      else this.committed.set(id, value);
    }
    this.actors.splice(this.actors.indexOf(actor), 1);
  }

  async abandon(actor: Actor): Promise<void> {
    actor.transaction.rollback();
    this.actors.splice(this.actors.indexOf(actor), 1);
    await Promise.resolve();
  }

  async check(actor: Actor): Promise<void> {
    const { transaction } = actor;
    const expected = [...actor.rows].sort(([a], [b]) => a - b);
    const byId = (rows: Value[][]): Value[][] => rows.sort((a, b) => Number(a[0]) - Number(b[0]));
    expect(byId(await allRows(transaction, this.table))).toEqual(expected);
    const inOrder = await lookup(transaction, this.table, this.unique);
    expect(inOrder).toEqual(expected);
    const group = this.random.int(5);
    expect(byId(await lookup(transaction, this.table, this.group, { equals: [group] }))).toEqual(
      expected.filter(([, value]) => value === group),
    );
    const id = 1 + this.random.int(this.nextId);
    expect(await lookup(transaction, this.table, this.unique, { equals: [id] })).toEqual(
      expected.filter(([key]) => key === id),
    );
    const from = this.random.int(this.nextId);
    expect(
      await lookup(transaction, this.table, this.unique, {
        lower: { value: from, inclusive: false },
        upper: { value: from + 6, inclusive: true },
        descending: true,
      }),
    ).toEqual(expected.filter(([key]) => key > from && key <= from + 6).reverse());
  }
}

async function tablesFor(engine: StorageEngine) {
  return inTransaction(engine, async (t) => {
    const table = await createTable(t, 't', COLUMNS);
    const unique = await createIndex(t, table, 't_pkey', [1], { unique: true, primary: true });
    const group = await createIndex(t, table, 't_grp', [2]);
    return { table, unique, group };
  });
}

describe('snapshots', () => {
  it('show each transaction what a naive model shows, over random interleavings', async () => {
    const random = seededRandom('mvcc');
    for (let round = 0; round < rounds(2); round++) {
      const path = round % 3 === 0 ? await temporaryDirectory() : undefined;
      const engine = await open(path);
      const model = new Model(engine, await tablesFor(engine), random);
      for (let step = 0; step < 150; step++) {
        if (model.actors.length < 4) model.begin();
        await model.step(model.actors[random.int(model.actors.length)] as Actor);
      }
      for (const actor of model.actors.slice()) {
        model.refresh(actor);
        await model.check(actor);
        await model.abandon(actor);
      }
      const expected = [...model.committed].sort(([a], [b]) => a - b);
      expect(await inTransaction(engine, (t) => allRows(t, model.table))).toEqual(expected);
      expect(engine.statistics(model.table).rows).toBe(expected.length);
      if (path !== undefined) {
        const crashed = await open(await copyOf(path));
        expect(await inTransaction(crashed, (t) => lookup(t, model.table, model.unique))).toEqual(
          expected,
        );
        await crashed.close();
      }
      await engine.close();
    }
  });

  it('hide a statement from itself and keep a cursor on its snapshot', async () => {
    const engine = await open(await temporaryDirectory());
    const { table } = await tablesFor(engine);
    const many = Array.from({ length: 3000 }, (_, n) => [n, 0]);
    await inTransaction(engine, (t) => t.insert(table, rowsOf(table, many), INSERT));
    const transaction = engine.begin('read committed', false);
    const request = { attnums: [1, 2], predicates: [], timeOrder: null } as const;
    const cursor = transaction.scan(table, request)[Symbol.asyncIterator]();
    let seen = (await cursor.next()).value!.length as number;
    await transaction.insert(table, rowsOf(table, [[9001, 1]]), INSERT);
    await inTransaction(engine, async (t) => {
      const refs = await refsOf(t, table, [2999, 5]);
      await t.lockRows(table, refs, 'update', 'block');
      await t.delete(table, refs);
    });
    transaction.newSnapshot();
    for (let next = await cursor.next(); next.done !== true; next = await cursor.next()) {
      seen += next.value.length;
    }
    expect(seen).toBe(3000);
    expect(await collect(transaction.scan(table, request))).toHaveLength(2999);
    transaction.rollback();
    await engine.close();
  });
});

describe('isolation levels', () => {
  const setUp = async () => {
    const engine = await open();
    const { table } = await tablesFor(engine);
    await inTransaction(engine, (t) =>
      t.insert(
        table,
        rowsOf(table, [
          [1, 1],
          [2, 2],
        ]),
        INSERT,
      ),
    );
    return { engine, table };
  };

  it('restart READ COMMITTED statements and fail REPEATABLE READ on a changed row', async () => {
    const { engine, table } = await setUp();
    for (const isolation of ['read committed', 'repeatable read'] as const) {
      const slow = engine.begin(isolation, false);
      slow.newSnapshot();
      const refs = await refsOf(slow, table, [1]);
      const quick = engine.begin('read committed', false);
      await quick.lockRows(table, refs, 'update', 'block');
      await quick.update(table, refs, rowsOf(table, [[1, 7]]));
      const waiting = slow.lockRows(table, refs, 'update', 'block');
      await quick.commit();
      if (isolation === 'read committed') {
        await expect(waiting).rejects.toBeInstanceOf(StatementRestart);
        slow.newSnapshot();
        expect(await slow.lockRows(table, refs, 'update', 'block')).toEqual(Uint8Array.of(1));
      } else {
        await expect(waiting).rejects.toThrow(
          'could not serialize access due to concurrent update',
        );
      }
      slow.rollback();
    }
    await engine.close();
  });

  it('answer nowait and skip-locked', async () => {
    const { engine, table } = await setUp();
    const holder = engine.begin('read committed', false);
    const refs = await refsOf(holder, table, [1, 2]);
    await holder.lockRows(table, refs.slice(0, 1), 'update', 'block');
    const other = engine.begin('read committed', false);
    await expect(other.lockRows(table, refs, 'update', 'nowait')).rejects.toThrow(
      'could not obtain lock on row in relation "t"',
    );
    expect(await other.lockRows(table, refs, 'update', 'skip-locked')).toEqual(Uint8Array.of(0, 1));
    other.rollback();
    holder.rollback();
    await engine.close();
  });

  it('forbid write skew under SERIALIZABLE', async () => {
    const { engine, table } = await setUp();
    const a = engine.begin('serializable', false);
    const b = engine.begin('serializable', false);
    for (const t of [a, b]) {
      t.newSnapshot();
      await allRows(t, table);
    }
    await a.insert(table, rowsOf(table, [[10, 1]]), INSERT);
    await b.insert(table, rowsOf(table, [[11, 1]]), INSERT);
    const results = [await codeOf(a.commit()), await codeOf(b.commit())];
    expect(results).toEqual(['none', '40001']);
    await engine.close();
  });
});
