/** Run as its own process by kill.test.ts: commits without end and reports each acknowledgement. */
import type { TableDescriptor } from '../../../src/catalog/catalog.ts';
import { INSERT, createTable, inTransaction, open, rowsOf } from './tables.ts';

const [path = '', first = '0'] = process.argv.slice(2);
const engine = await open(path, { segmentBytes: 4000, checkpointBytes: 20_000 });

async function tableNamed(name: string): Promise<TableDescriptor> {
  const known = engine.catalog().relationByName(2200, name);
  if (known?.kind === 'table') return known;
  return inTransaction(engine, (t) => createTable(t, name));
}

const left = await tableNamed('left');
const right = await tableNamed('right');
let next = Number(first);

async function writer(): Promise<never> {
  for (;;) {
    const id = next++;
    await inTransaction(engine, async (t) => {
      await t.insert(left, rowsOf(left, [[id, 'l']]), INSERT);
      await t.insert(right, rowsOf(right, [[id, 'r']]), INSERT);
    });
    process.stdout.write(`${id}\n`);
  }
}

await Promise.all([writer(), writer(), writer()]);
