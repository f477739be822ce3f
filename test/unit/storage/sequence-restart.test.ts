import { describe, expect, it } from 'vitest';
import type { SequenceDescriptor } from '../../../src/catalog/catalog.ts';
import type { StorageEngine } from '../../../src/storage/storage.ts';
import { OID } from '../../../src/types/type.ts';
import { copyOf, inTransaction, open, temporaryDirectory } from './helpers.ts';

function createSequence(engine: StorageEngine): Promise<SequenceDescriptor> {
  return inTransaction(engine, async (t) => {
    const sequence: SequenceDescriptor = {
      kind: 'sequence',
      oid: await t.allocateOid(),
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
    };
    await t.changeCatalog([{ change: 'put', object: sequence }]);
    return sequence;
  });
}

describe('restarting a sequence', () => {
  it('is undone by a rollback, whatever the transaction took', async () => {
    const engine = await open();
    const sequence = await createSequence(engine);
    expect([engine.sequenceNext(sequence), engine.sequenceNext(sequence)]).toEqual([1, 2]);
    const t = engine.begin('read committed', false);
    t.restartSequence(sequence.oid, 1);
    expect(engine.sequenceState(sequence, t)).toEqual({ lastValue: 1, isCalled: false });
    expect(engine.sequenceNext(sequence, t)).toBe(1);
    expect(engine.sequenceNext(sequence, t)).toBe(2);
    // Others go on where they were.
    expect(engine.sequenceNext(sequence)).toBe(3);
    t.rollback();
    expect(engine.sequenceNext(sequence)).toBe(4);
    await engine.close();
  });

  it('counts on from what the transaction took, for all and after a crash', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path);
    const sequence = await createSequence(engine);
    for (let i = 1; i <= 40; i++) engine.sequenceNext(sequence);
    const t = engine.begin('read committed', false);
    t.restartSequence(sequence.oid, 7);
    expect(t.hasWrites).toBe(true);
    expect([engine.sequenceNext(sequence, t), engine.sequenceNext(sequence, t)]).toEqual([7, 8]);
    await t.commit();
    const crashed = await open(await copyOf(path));
    expect(crashed.sequenceNext(sequence)).toBe(9);
    await crashed.close();
    expect(engine.sequenceNext(sequence)).toBe(9);
    await engine.close();
    const again = await open(path);
    expect(again.sequenceNext(sequence)).toBe(10);
    await again.close();
  });

  it('follows savepoints, and setval() follows the restart', async () => {
    const engine = await open();
    const sequence = await createSequence(engine);
    for (let i = 1; i <= 5; i++) engine.sequenceNext(sequence);
    const t = engine.begin('read committed', false);
    const first = t.savepoint();
    t.restartSequence(sequence.oid, 100);
    const second = t.savepoint();
    t.restartSequence(sequence.oid, 200);
    t.setSequence(sequence.oid, 300, true);
    expect(engine.sequenceNext(sequence, t)).toBe(301);
    t.rollbackTo(second);
    expect(engine.sequenceNext(sequence, t)).toBe(100);
    t.rollbackTo(first);
    expect(engine.sequenceNext(sequence, t)).toBe(6);
    t.setSequence(sequence.oid, 50, true);
    t.rollback();
    expect(engine.sequenceNext(sequence)).toBe(51);
    await engine.close();
  });

  it('ends with a sequence that the same transaction drops', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path);
    const sequence = await createSequence(engine);
    await inTransaction(engine, async (t) => {
      t.restartSequence(sequence.oid, 5);
      await t.changeCatalog([{ change: 'drop', oid: sequence.oid }]);
    });
    await engine.close();
    const again = await open(path);
    expect(again.catalog().relation(sequence.oid)).toBeUndefined();
    await again.close();
  });
});
