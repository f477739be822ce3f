import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { TableDescriptor } from '../../../../src/catalog/catalog.ts';
import { OID } from '../../../../src/types/type.ts';
import { createTable, inTransaction, open, temporaryDirectory } from '../helpers.ts';

async function bytesBelow(path: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(path, { recursive: true })) {
    const info = await stat(join(path, entry));
    if (info.isFile()) bytes += info.size;
  }
  return bytes;
}

const columns = Array.from({ length: 300 }, (_, i) => ({ name: `column_${i}`, type: OID.int4 }));

it('a table that a transaction changes a hundred times is logged once, as it is in the end', async () => {
  const path = await temporaryDirectory();
  const storage = await open(path);
  const table = await inTransaction(storage, (transaction) =>
    createTable(transaction, 't', columns),
  );
  const empty = await bytesBelow(path);
  const put = (name: string): { change: 'put'; object: TableDescriptor } => ({
    change: 'put',
    object: { ...table, name },
  });
  await inTransaction(storage, (transaction) => transaction.changeCatalog([put('once')]));
  const once = (await bytesBelow(path)) - empty;
  await inTransaction(storage, async (transaction) => {
    for (let i = 0; i < 100; i++) await transaction.changeCatalog([put(`t${i}`)]);
  });
  expect((await bytesBelow(path)) - empty - once).toBeLessThan(once * 4);
  await storage.close();
  const again = await open(path);
  const names = await inTransaction(again, (transaction) =>
    Promise.resolve(transaction.catalog().relation(table.oid)?.name),
  );
  expect(names).toBe('t99');
  await again.close();
});

it('what a transaction makes and drops again is not there in the end', async () => {
  const path = await temporaryDirectory();
  const storage = await open(path);
  const oid = await inTransaction(storage, async (transaction) => {
    const table = await createTable(transaction, 't', columns);
    await transaction.changeCatalog([{ change: 'put', object: { ...table, name: 'u' } }]);
    await transaction.changeCatalog([{ change: 'drop', oid: table.oid }]);
    return table.oid;
  });
  await storage.close();
  const again = await open(path);
  const found = await inTransaction(again, (transaction) =>
    Promise.resolve(transaction.catalog().relation(oid)),
  );
  expect(found).toBeUndefined();
  await again.close();
});
