import { expect, it } from 'vitest';
import { tryAllocate, type KernelBlock } from '../../src/kernels/memory.ts';
import { decodeBlock, encodeBlock } from '../../src/storage/hypertable/column-block.ts';
import {
  gatherColumn,
  plainColumn,
  storedValueAt,
} from '../../src/storage/hypertable/stored-column.ts';
import { TextDictionary } from '../../src/storage/hypertable/text-dictionary.ts';
import { OID, sqlType } from '../../src/types/type.ts';

const FLOAT = sqlType(OID.float8);

it('reads lanes at addresses above 2^31', () => {
  const data = Float64Array.from({ length: 5000 }, (_, i) => (i * 7919) % 70_000);
  const bytes = encodeBlock({ rep: 'f64', data, nulls: undefined }, data.length, FLOAT);
  const held: KernelBlock[] = [];
  while ((held.at(-1)?.pointer ?? 0) < 2 ** 31) held.push(tryAllocate(2 ** 26)!);
  const back = decodeBlock(bytes, FLOAT, () => new TextDictionary());
  expect(back.rep === 'lanes' && back.lanes.block.pointer).toBeGreaterThan(2 ** 31);
  expect(plainColumn(back)).toEqual({ rep: 'f64', data, nulls: undefined });
  expect(data.map((_, row) => storedValueAt(back, row) as number)).toEqual(data);
  const rows = Int32Array.from({ length: 100 }, (_, i) => i * 49);
  const gathered = gatherColumn(back, rows, 100);
  expect(gathered.rep === 'f64' && gathered.data).toEqual(
    Float64Array.from(rows, (row) => data[row]!),
  );
});

it('decodes to doubles where the memory of the kernels is full', () => {
  const held: KernelBlock[] = [];
  for (const make of [
    (i: number) => i % 100,
    (i: number) => (i % 5000) / 10,
    (i: number) => (i * 7919) % 1e6,
  ]) {
    const data = Float64Array.from({ length: 3000 }, (_, i) => make(i));
    const nulls = Uint8Array.from(data, (_, i) => (i % 7 === 3 ? 1 : 0));
    for (const mask of [undefined, nulls]) {
      const bytes = encodeBlock({ rep: 'f64', data, nulls: mask }, data.length, FLOAT);
      // Blocks are never touched, so they cost addresses only. The last ones take what is left.
      for (let size = 2 ** 26; size >= 64;) {
        const block = tryAllocate(size);
        if (block === undefined) size /= 2;
        else held.push(block);
      }
      const back = decodeBlock(bytes, FLOAT, () => new TextDictionary());
      const wanted = data.map((value, i) => (mask?.[i] === 1 ? 0 : value));
      expect(back).toEqual({ rep: 'f64', data: wanted, nulls: mask });
    }
  }
  expect(held.length).toBeGreaterThan(10);
});
