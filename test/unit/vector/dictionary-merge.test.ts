/** Texts of several dictionaries in one, against the texts themselves. */
import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { readBatch, writeBlock } from '../../../src/exec/spill/block-codec.ts';
import { rowHashes } from '../../../src/exec/spill/row-hash.ts';
import { ByteWriter } from '../../../src/base/byte-writer.ts';
import { OID, sqlType } from '../../../src/types/type.ts';
import { finishNow } from '../../../src/base/steps.ts';
import { concat } from '../../../src/vector/concat.ts';
import type { Dictionary } from '../../../src/vector/dictionary.ts';
import { LongColumn } from '../../../src/vector/long-column.ts';
import { StringDictionary } from '../../../src/vector/string-dictionary.ts';
import { TextTable } from '../../../src/vector/text-table.ts';
import {
  valueAt,
  vectorFromValues,
  type TextVector,
  type Vector,
} from '../../../src/vector/vector.ts';

const TEXT = sqlType(OID.text);
const text = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'ü', '😀'),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.integer({ max: 999 }).map((number) => `text of some length ${number}`),
);
const rows = fc.array(fc.option(text, { freq: 5 }), { maxLength: 40 });

/** Vectors of a dictionary of their own, or of one that grows, of strings or bytes. */
const vectors = fc
  .array(fc.tuple(rows, fc.constantFrom('strings', 'bytes', 'growing')), { maxLength: 8 })
  .map((parts) => {
    const growing = new TextTable();
    growing.add('');
    return parts.map(([values, kind]) => {
      const table = kind === 'growing' ? growing : new TextTable();
      const strings: string[] = [];
      const codes = Int32Array.from(values, (value) => {
        if (value === null) return 0;
        return kind === 'strings' ? strings.push(value) - 1 : table.add(value);
      });
      const dictionary = kind === 'strings' ? new StringDictionary(strings) : table.snapshot();
      const nulls = Uint8Array.from(values, (value) => Number(value === null));
      return { values, vector: textVector(codes, dictionary, nulls) };
    });
  });

function textVector(codes: Int32Array, dictionary: Dictionary, nulls: Uint8Array): TextVector {
  return { rep: 'text', type: TEXT, length: codes.length, codes, dictionary, nulls };
}

function valuesOf(vector: Vector): unknown[] {
  return Array.from({ length: vector.length }, (_, row) => valueAt(vector, row));
}

describe('texts of several dictionaries', () => {
  it('come together', () => {
    fc.assert(
      fc.property(vectors, (parts) => {
        const wanted = parts.flatMap(({ values }) => values);
        const list = parts.map(({ vector }) => vector);
        const joined = concat(TEXT, list);
        expect(valuesOf(joined)).toEqual(wanted);
        if (joined.rep === 'text' && joined.dictionary.isDistinct) {
          const used = Array.from({ length: joined.dictionary.length }, (_, code) =>
            joined.dictionary.at(code),
          );
          expect(new Set(used).size).toBe(used.length);
        }
        const column = finishNow(LongColumn.join(TEXT, list));
        const picked = Int32Array.from(wanted, (_, i) => (i % 3 === 0 ? -1 : i));
        expect(valuesOf(column.gather(picked))).toEqual(
          wanted.map((value, i) => (i % 3 === 0 ? null : value)),
        );
      }),
    );
  });

  it('come together where most differ', () => {
    const list = [0, 1, 2].map((part) => {
      const table = new TextTable();
      const codes = Int32Array.from({ length: 9000 }, (_, i) =>
        table.add(`text ${part * 8000 + i}`),
      );
      return textVector(codes, table.snapshot(), new Uint8Array(9000));
    });
    expect(valuesOf(concat(TEXT, list))).toEqual(list.flatMap(valuesOf));
  });

  it('are the same after a time on disk in one block', () => {
    fc.assert(
      fc.property(vectors, fc.nat(3), (parts, cut) => {
        // Numbers that some part has as doubles and some as any value beside them.
        const batches = parts.map(({ values, vector }, i) => {
          const numbers = values.map((_, row) => (row === 3 && i % 2 === 0 ? 2n ** 60n + 1n : row));
          const length = Math.max(0, vector.length - cut);
          return { columns: [vector, vectorFromValues(sqlType(OID.int8), numbers)], length };
        });
        fc.pre(batches.length > 0);
        const writer = new ByteWriter();
        writeBlock(writer, batches);
        const back = readBatch(writer.toBytes(), [TEXT, sqlType(OID.int8)]);
        for (const column of [0, 1]) {
          const wanted = batches.flatMap(({ columns, length }) =>
            valuesOf(columns[column]!).slice(0, length),
          );
          expect(valuesOf(back.columns[column]!)).toEqual(wanted);
        }
      }),
    );
  });

  it('are the same after a time on disk, and have the same hashes', () => {
    fc.assert(
      fc.property(vectors, (parts) => {
        for (const { values, vector } of parts) {
          const writer = new ByteWriter();
          writeBlock(writer, [{ columns: [vector], length: vector.length }]);
          const [back] = readBatch(writer.toBytes(), [TEXT]).columns;
          expect(valuesOf(back!)).toEqual(values);
          expect(rowHashes([back!], vector.length, 1)).toEqual(
            rowHashes([vector], vector.length, 1),
          );
        }
      }),
    );
  });
});
