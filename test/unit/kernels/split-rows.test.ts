/** The splitters against splitters of a few lines. */
import fc from '../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { kernels } from '../../../src/kernels/kernels.ts';
import {
  LITERAL_FALSE,
  LITERAL_NULL,
  LITERAL_NUMBER,
  LITERAL_STRING,
  LITERAL_TRUE,
  readFastInsert,
} from '../../../src/parse/fast-insert.ts';
import { FieldRows } from './support/field-rows.ts';
import { rounds } from '../../support/rounds.ts';

const rows = new FieldRows();
type Cell = [string, string];

function piecesOf(alphabet: string, row: string): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 200 }),
    // Mostly good rows.
    fc
      .array(fc.oneof({ weight: 9, arbitrary: fc.constant(row) }, fc.constantFrom(...alphabet)), {
        maxLength: 60,
      })
      .map((parts) => parts.join('')),
  );
}

/** Rows that the splitter takes of `text`, and how many characters they are. */
type Twin = (
  text: string,
  columns: number,
) => { taken: Cell[][]; length: number; stopped: boolean };

/** Byte by byte: a backslash takes the next one's meaning. */
const textTwin: Twin = (text, columns) => {
  const taken: Cell[][] = [];
  let [row, cell, length]: [string[], string, number] = [[], '', 0];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') cell += text[i] + (text[++i] ?? '');
    else if (text[i] !== '\t' && text[i] !== '\n') cell += text[i];
    else {
      if (text[i] === '\n') cell = cell.replace(/\r$/, '');
      row.push(cell);
      const isMark = columns === 1 && cell === '\\.';
      if (text[i] === '\t' ? row.length === columns : row.length !== columns || isMark) {
        return { taken, length, stopped: true };
      }
      cell = '';
      if (text[i] === '\t') continue;
      taken.push(row.map((value) => [value, value.includes('\\') ? 'odd' : '']));
      [row, length] = [[], i + 1];
    }
  }
  return { taken, length, stopped: false };
};

it('splits rows of text, perhaps in several calls', () => {
  const columns = fc.constantFrom(1, 2, 3);
  const limit = fc.oneof(fc.constantFrom(1, 2, 512), fc.integer({ min: 1, max: 100 }));
  const row = fc.constantFrom('ab\tc\n', 'ab\tcdefgh\r\n', '\t\n');
  const text = row.chain((each) => piecesOf('ab\t\t\n\r\\.', each));
  const plain = row.chain((each) =>
    fc.nat({ max: 300 }).map((count) => each.repeat(count) + each.slice(0, count % 4)),
  );
  fc.assert(
    fc.property(fc.oneof(text, plain), columns, limit, (input, count, most) => {
      const end = rows.placeInput(Buffer.from(input, 'latin1'));
      const found: Cell[][] = [];
      let next = rows.input;
      for (let before = -1; before !== found.length;) {
        before = found.length;
        rows.prepare(count, most);
        next = kernels.splitText(rows.block, next, end, 9) >>> 0;
        const some = rows.split(count);
        expect(some.length).toBeLessThanOrEqual(most);
        found.push(...some);
      }
      const twin = textTwin(input, count);
      expect(found).toEqual(twin.taken);
      expect(next - rows.input).toBe(twin.length);
      expect(rows.isStopped).toBe(twin.stopped);
    }),
    { numRuns: rounds(800) },
  );
});

it('splits rows of CSV that quotes do not make unusual', () => {
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))([,\n]|\r\n?)/y;
  fc.assert(
    fc.property(piecesOf('ab,,\n\r"', '"a,b",c\r\n'), fc.constantFrom(1, 2, 3), (text, columns) => {
      const end = rows.placeInput(Buffer.from(text, 'latin1'));
      rows.prepare(columns, 512);
      const marks = 0x2c | (0x22 << 8) | (0x22 << 16);
      const next = (kernels.splitCsv(rows.block, rows.input, end, marks) >>> 0) - rows.input;
      const taken: Cell[][] = [];
      cell.lastIndex = 0;
      let [row, length]: [Cell[], number] = [[], 0];
      for (let match = cell.exec(text); match !== null; match = cell.exec(text)) {
        const [whole, quoted, bare, mark] = match;
        // What follows a return or a quote at the end of the input is not known.
        if (mark === '\r' && cell.lastIndex === text.length) break;
        if (quoted === undefined) row.push([bare, '']);
        else if (quoted.includes('"')) row.push([whole.slice(0, -mark.length), 'odd']);
        else row.push([quoted, 'quoted']);
        if (mark === ',') continue;
        if (row.length !== columns) break;
        taken.push(row);
        [row, length] = [[], cell.lastIndex];
      }
      expect(rows.split(columns)).toEqual(taken);
      expect(next).toBe(length);
    }),
    { numRuns: rounds(800) },
  );
});

it('keeps to its limit of rows', () => {
  const end = rows.placeInput(Buffer.from('a\nb\nc\n'));
  rows.prepare(1, 2);
  expect(kernels.splitText(rows.block, rows.input, end, 9) - rows.input).toBe(4);
  expect(kernels.splitCsv(rows.block, rows.input, end, 0x22222c) - rows.input).toBe(4);
});

it('splits binary rows', () => {
  const field = fc.option(fc.uint8Array({ maxLength: 20 }), { nil: null });
  const input = fc.array(fc.array(field, { minLength: 2, maxLength: 2 }), { maxLength: 20 });
  fc.assert(
    fc.property(input, fc.nat(), (all, cut) => {
      const bytes = all.map((row) => {
        const cells = row.map((value) => {
          const head = Buffer.alloc(4);
          head.writeInt32BE(value?.length ?? -1);
          return Buffer.concat([head, value ?? new Uint8Array(0)]);
        });
        return Buffer.concat([Buffer.from([0, 2]), ...cells]);
      });
      const whole = Buffer.concat([...bytes, Buffer.from([255, 255])]);
      const length = cut % (whole.length + 1);
      const end = rows.placeInput(whole.subarray(0, length));
      rows.prepare(2, 512);
      const next = (kernels.splitBinary(rows.block, rows.input, end) >>> 0) - rows.input;
      let [complete, size] = [0, 0];
      while (complete < all.length && size + bytes[complete].length <= length) {
        size += bytes[complete++].length;
      }
      expect(next).toBe(size);
      expect(rows.split(2)).toEqual(
        all
          .slice(0, complete)
          .map((row) =>
            row.map((value) =>
              value === null ? ['', 'null'] : [Buffer.from(value).toString('latin1'), ''],
            ),
          ),
      );
      expect(rows.isStopped).toBe(length === whole.length);
    }),
  );
});

it('splits rows of VALUES', () => {
  const literal = fc.constantFrom(
    "'a'",
    "'it''s'",
    "''",
    "'(1), ('",
    '12',
    '-1.5e3',
    'NULL',
    'true',
    'False',
  );
  const space = fc.constantFrom('', ' ', '\n\t ');
  const row = fc
    .tuple(literal, literal, space)
    .map(([a, b, gap]) => `${gap}(${gap}${a}${gap},${gap}${b}${gap})${gap}`);
  const mark = fc.constantFrom("'", '(', ')', ',', ';', ' ', 'x', '--', '1');
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 20 }),
      fc.option(fc.tuple(fc.nat(), mark)),
      fc.nat({ max: 400 }),
      (parts, damage, cut) => {
        let text = parts.join(',');
        if (damage !== null) {
          const at = damage[0] % text.length;
          text = text.slice(0, at) + damage[1] + text.slice(at + 1);
        }
        const isCut = cut < text.length;
        const end = rows.placeInput(Buffer.from(isCut ? text.slice(0, cut) : `${text};`));
        rows.prepare(2, 512);
        const next = (kernels.splitValues(rows.block, rows.input, end) >>> 0) - rows.input;
        const found = rows.split(2);
        const isWhole = rows.isStopped && text.slice(next).trim() === '';
        const twin = readFastInsert(
          `INSERT INTO t VALUES ${text.slice(0, next).replace(/,$/, '')}`,
        );
        // Words and numbers that are none are left to the caller.
        const isOther = found.flat().some(([word, flag]) => {
          if (flag === '') return !/^-?(\d+\.?\d*|\.\d+)(e\d+)?$/.test(word);
          return flag === 'odd' && !/^'|^(true|false)$/i.test(word);
        });
        if (found.length === 0 || isOther) return;
        expect(found).toEqual(twinRows(twin));
        if (!isCut && damage === null) expect(isWhole).toBe(true);
      },
    ),
    { numRuns: 2000 },
  );
});

function twinRows(insert: ReturnType<typeof readFastInsert>): Cell[][] {
  return Array.from({ length: insert?.rowCount ?? 0 }, (_, row) =>
    insert!.values.map(({ kinds, texts }): Cell => {
      const text = texts[row];
      const literals: Record<number, Cell> = {
        [LITERAL_NULL]: ['', 'null'],
        [LITERAL_TRUE]: ['true', 'odd'],
        [LITERAL_FALSE]: ['False', 'odd'],
        [LITERAL_NUMBER]: [text, ''],
        [LITERAL_STRING]: text.includes("'")
          ? [`'${text.replaceAll("'", "''")}'`, 'odd']
          : [text, 'quoted'],
      };
      return literals[kinds[row]];
    }),
  );
}
