import { readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { SequenceDescriptor } from '../../../src/catalog/catalog.ts';
import { createNodeEnv } from '../../../src/platform/node-env.ts';
import { OID } from '../../../src/types/type.ts';
import type { Value } from '../../../src/types/value.ts';
import {
  INSERT,
  allRows,
  codeOf,
  copyOf,
  createIndex,
  createTable,
  errorOf,
  inTransaction,
  lookup,
  open,
  refsOf,
  rowsOf,
  temporaryDirectory,
} from './helpers.ts';

const sequenceDescriptor = (oid: number, changes: Partial<SequenceDescriptor> = {}) =>
  ({
    kind: 'sequence',
    oid,
    name: 's',
    schema: 2200,
    owner: 10,
    type: OID.int8,
    start: '1',
    increment: '1',
    minimum: '1',
    maximum: '9223372036854775807',
    cache: 1,
    cycle: false,
    ...changes,
  }) satisfies SequenceDescriptor;

describe('storage engine', () => {
  it('keeps committed rows, and nothing else, in memory and on disk', async () => {
    const path = await temporaryDirectory();
    for (const where of [undefined, path]) {
      const engine = await open(where);
      const table = await inTransaction(engine, (t) => createTable(t, 't'));
      await inTransaction(engine, (t) =>
        t.insert(
          table,
          rowsOf(table, [
            [1, 'a'],
            [2, null],
          ]),
          INSERT,
        ),
      );
      const lost = engine.begin('read committed', false);
      await lost.insert(table, rowsOf(table, [[3, 'c']]), INSERT);
      expect(await allRows(lost, table)).toHaveLength(3);
      lost.rollback();
      expect(await inTransaction(engine, (t) => allRows(t, table))).toEqual([
        [1, 'a'],
        [2, null],
      ]);
      expect(engine.statistics(table).rows).toBe(2);
      await engine.close();
    }
    const again = await open(path);
    const table = again.catalog().relationByName(2200, 't');
    if (table?.kind !== 'table') throw new Error('the table is gone');
    expect(await inTransaction(again, (t) => allRows(t, table))).toEqual([
      [1, 'a'],
      [2, null],
    ]);
    expect(again.statistics(table).rows).toBe(2);
    await again.close();
    await rm(path, { recursive: true });
  });

  it('keeps every value of every stored form', async () => {
    const engine = await open(await temporaryDirectory());
    const types: [number, Value[]][] = [
      [OID.int2, [0, -32768, 32767]],
      [OID.int4, [-1, 2147483647, -2147483648]],
      [OID.int8, [9007199254740991, 9223372036854775807n, -9223372036854775808n, -5]],
      [OID.oid, [4294967295, 0]],
      [OID.float8, [-0, NaN, Infinity, -Infinity, 1e300]],
      [OID.float4, [Math.fround(1.1), -Infinity]],
      [OID.bool, [true, false]],
      [OID.text, ['', 'é\u0000'.slice(0, 1), 'x'.repeat(1000), '💥']],
      [OID.date, [Infinity, -Infinity, 8000, -1]],
      [OID.timestamptz, [Infinity, -Infinity, -1, 0, 812345678901234]],
      [OID.uuid, ['00000000-0000-0000-0000-0000000000ff']],
      [OID.bytea, [Uint8Array.of(0, 255)]],
    ];
    for (const [type, values] of types) {
      const table = await inTransaction(engine, (t) =>
        createTable(t, `t${type}`, [{ name: 'v', type }]),
      );
      const rows = [...values, null].map((value) => [value]);
      await inTransaction(engine, (t) => t.insert(table, rowsOf(table, rows), INSERT));
      const read = await inTransaction(engine, (t) => allRows(t, table));
      expect(read, `type ${type}`).toEqual(rows);
    }
    await engine.close();
  });

  it('recovers every commit from a copy of the live directory, without a checkpoint', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path);
    const table = await inTransaction(engine, async (t) => {
      const created = await createTable(t, 't');
      await createIndex(t, created, 't_pkey', [1], { unique: true, primary: true });
      return created;
    });
    for (let n = 0; n < 20; n++) {
      await inTransaction(engine, (t) => t.insert(table, rowsOf(table, [[n, `v${n}`]]), INSERT));
    }
    await inTransaction(engine, async (t) => {
      const refs = await refsOf(t, table, [3, 4]);
      await t.lockRows(table, refs, 'update', 'block');
      await t.update(
        table,
        refs,
        rowsOf(table, [
          [103, 'x'],
          [4, 'y'],
        ]),
      );
      const gone = await refsOf(t, table, [5]);
      await t.lockRows(table, gone, 'update', 'block');
      await t.delete(table, gone);
    });
    const copy = await copyOf(path);
    await rm(`${copy}/kv`, { recursive: true });
    const expected = await inTransaction(engine, (t) => allRows(t, table));
    expect(expected).toHaveLength(19);
    // With and without what RocksDB had: the log alone holds everything since the last checkpoint.
    for (const where of [await copyOf(path), copy]) {
      const recovered = await open(where);
      const index = recovered.catalog().indexesOf(table.oid)[0];
      if (index === undefined) throw new Error('the index is gone');
      await inTransaction(recovered, async (t) => {
        expect(await allRows(t, table)).toEqual(expected);
        expect(await lookup(t, table, index, { equals: [103] })).toEqual([[103, 'x']]);
        expect(await lookup(t, table, index, { equals: [3] })).toEqual([]);
        expect(await lookup(t, table, index)).toHaveLength(19);
      });
      await recovered.checkpoint();
      await inTransaction(recovered, (t) => t.insert(table, rowsOf(table, [[500, 'n']]), INSERT));
      await recovered.close();
      const last = await open(where);
      expect(await inTransaction(last, (t) => allRows(t, table))).toEqual([
        ...expected,
        [500, 'n'],
      ]);
      await last.close();
    }
    await engine.close();
  });

  it('refuses foreign and busy directories', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path);
    expect(await codeOf(open(path))).toBe('55006');
    await engine.close();
    const foreign = await temporaryDirectory();
    await writeFile(`${foreign}/notes.txt`, 'mine');
    expect((await errorOf(open(foreign))).message).toMatch(/is not a Varve data directory/);
    expect(await readFile(`${foreign}/notes.txt`, 'utf8')).toBe('mine');
  });

  it('takes over a catalog, oids and storage ids', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path);
    const table = await inTransaction(engine, (t) => createTable(t, 'one'));
    const aborted = engine.begin('read committed', false);
    const lost = await createTable(aborted, 'two');
    aborted.rollback();
    expect(engine.catalog().relationByName(2200, 'two')).toBeUndefined();
    const third = await inTransaction(engine, (t) => createTable(t, 'three'));
    expect(third.oid).toBeGreaterThan(lost.oid);
    expect(third.storageId).toBeGreaterThan(lost.storageId);
    await inTransaction(engine, (t) => t.changeCatalog([{ change: 'drop', oid: table.oid }]));
    await engine.close();
    const again = await open(path);
    expect(
      [...again.catalog().relations()]
        .filter(({ kind }) => kind === 'table')
        .map(({ name }) => name),
    ).toEqual(['three']);
    const fourth = await inTransaction(again, (t) => createTable(t, 'four'));
    expect(fourth.storageId).toBeGreaterThan(third.storageId);
    await again.close();
  });

  it('frees the storage of truncated tables once no snapshot reads it', async () => {
    const engine = await open(await temporaryDirectory());
    const table = await inTransaction(engine, (t) => createTable(t, 't'));
    await inTransaction(engine, (t) => t.insert(table, rowsOf(table, [[1, 'a']]), INSERT));
    const reader = engine.begin('repeatable read', true);
    reader.newSnapshot();
    const truncated = await inTransaction(engine, async (t) => {
      const next = { ...table, storageId: await t.allocateStorageId() };
      await t.changeCatalog([{ change: 'put', object: next }]);
      await t.insert(next, rowsOf(next, [[2, 'b']]), INSERT);
      return next;
    });
    expect(await allRows(reader, table)).toEqual([[1, 'a']]);
    reader.rollback();
    expect(await inTransaction(engine, (t) => allRows(t, truncated))).toEqual([[2, 'b']]);
    await engine.close();
  });

  it('reports a damaged row and names its table', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path);
    const table = await inTransaction(engine, (t) => createTable(t, 'victim'));
    await inTransaction(engine, (t) =>
      t.insert(
        table,
        rowsOf(table, [
          [1, 'a'],
          [2, 'b'],
        ]),
        INSERT,
      ),
    );
    await engine.close();
    const { openRocks } = await import('../../../src/storage/kv/rocks.ts');
    const { rowKey } = await import('../../../src/storage/format/keys.ts');
    for (const damage of ['flip', 'lose'] as const) {
      const copy = await copyOf(path);
      const kv = await openRocks({ directory: `${copy}/kv`, disk: createNodeEnv().disk });
      const key = rowKey(table.storageId, 2);
      const value = Uint8Array.from((await kv.get(key))!);
      value[9] = value[9]! ^ 1;
      await kv.write(
        [damage === 'flip' ? { type: 'put', key, value } : { type: 'delete', key }],
        true,
      );
      await kv.close();
      const reopened = await open(copy);
      const error = await errorOf(inTransaction(reopened, (t) => allRows(t, table)));
      expect(error.code).toBe('XX001');
      expect(error.message).toContain('"victim"');
      await reopened.close();
    }
  });

  it('limits the changes of one transaction', async () => {
    const engine = await open(undefined, { writeSetBytes: 10_000 });
    const table = await inTransaction(engine, (t) => createTable(t, 't'));
    const transaction = engine.begin('read committed', false);
    const rows = Array.from({ length: 200 }, (_, n) => [n, 'x']);
    expect(await codeOf(transaction.insert(table, rowsOf(table, rows), INSERT))).toBe('53200');
    transaction.rollback();
    await engine.close();
  });
});

describe('sequences', () => {
  it('never hand out a value twice, also after a crash', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path);
    const sequence = await inTransaction(engine, async (t) => {
      const descriptor = sequenceDescriptor(await t.allocateOid());
      await t.changeCatalog([{ change: 'put', object: descriptor }]);
      expect(engine.sequenceNext(descriptor)).toBe(1);
      return descriptor;
    });
    const taken = Array.from({ length: 40 }, () => engine.sequenceNext(sequence) as number);
    expect(taken).toEqual(Array.from({ length: 40 }, (_, i) => i + 2));
    await engine.flushLog();
    const crashed = await open(await copyOf(path));
    const next = crashed.sequenceNext(sequence) as number;
    expect(next).toBeGreaterThan(41);
    expect(next).toBeLessThanOrEqual(41 + 33);
    await crashed.close();
    await engine.close();
    // A clean stop leaves no gap.
    const again = await open(path);
    expect(again.sequenceState(sequence)).toEqual({ lastValue: 41, isCalled: true });
    expect(again.sequenceNext(sequence)).toBe(42);
    await again.close();
  });

  it('stop at their bounds as PostgreSQL does', async () => {
    const engine = await open();
    const [up, cycle] = await inTransaction(engine, async (t) => {
      const up = sequenceDescriptor(await t.allocateOid(), { maximum: '2' });
      const cycle = sequenceDescriptor(await t.allocateOid(), {
        name: 'c',
        maximum: '2',
        minimum: '-5',
        increment: '2',
        cycle: true,
      });
      await t.changeCatalog([
        { change: 'put', object: up },
        { change: 'put', object: cycle },
      ]);
      t.setSequence(cycle.oid, 2, false);
      return [up, cycle];
    });
    expect([engine.sequenceNext(up), engine.sequenceNext(up)]).toEqual([1, 2]);
    expect(() => engine.sequenceNext(up)).toThrow(
      'nextval: reached maximum value of sequence "s" (2)',
    );
    expect([engine.sequenceNext(cycle), engine.sequenceNext(cycle)]).toEqual([2, -5]);
    await engine.close();
  });
});
