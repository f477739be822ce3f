/** Rows as text with separators: COPY text, CSV, and the VALUES of INSERT differ only in a few marks. */
import type { Batch, Column, ColumnData, Dictionary } from '../data/dataset.ts';
import type { CellWriter, Encoder, RowWriter } from './encoder.ts';
import { ROW_BYTES } from './encoder.ts';
import { wordEncoder, type EncodedWords, type Out } from './out.ts';

export interface Marks {
  readonly before: string;
  readonly between: string;
  readonly after: string;
  readonly missing: string;
  /** Around a time, after its digits. */
  readonly time: readonly [before: string, after: string];
  readonly quote: (word: string) => string;
}

export const COPY_TEXT: Marks = {
  before: '',
  between: '\t',
  after: '\n',
  missing: '\\N',
  time: ['', '+00'],
  quote: (word) => word.replace(/[\\\t\n\r]/g, (c) => `\\${ESCAPES.get(c) ?? c}`),
};

const ESCAPES = new Map([
  ['\t', 't'],
  ['\n', 'n'],
  ['\r', 'r'],
]);

/** For DuckDB and ClickHouse: times without a zone, an empty field is NULL, `""` an empty string. */
export const CSV: Marks = {
  before: '',
  between: ',',
  after: '\n',
  missing: '',
  time: ['', ''],
  quote: (word) => (/^$|[",\n]/.test(word) ? `"${word.replaceAll('"', '""')}"` : word),
};

export const VALUES: Marks = {
  before: '(',
  between: ',',
  after: ')',
  missing: 'NULL',
  time: ["'", "+00'"],
  quote: (word) => `'${word.replaceAll("'", "''")}'`,
};

export function separated(marks: Marks): Encoder {
  const encode = wordEncoder(marks.quote);
  return { rows: (batch) => rowWriter(batch, marks, encode) };
}

function rowWriter(
  batch: Batch,
  marks: Marks,
  encode: (dictionary: Dictionary) => EncodedWords,
): RowWriter {
  const cells = batch.table.columns.flatMap((column, i) =>
    column.only === 'line' ? [] : [cellWriter(column, batch.columns[i], marks, encode)],
  );
  const room = batch.columns.reduce(
    (sum, data) => sum + ('codes' in data ? encode(data.dictionary).longest : 0),
    ROW_BYTES,
  );
  return (out, row) => {
    out.reserve(room);
    out.ascii(marks.before);
    cells[0](out, row);
    for (let i = 1; i < cells.length; i++) {
      out.ascii(marks.between);
      cells[i](out, row);
    }
    out.ascii(marks.after);
  };
}

function cellWriter(
  column: Column,
  data: ColumnData,
  marks: Marks,
  encode: (dictionary: Dictionary) => EncodedWords,
): CellWriter {
  if ('codes' in data) {
    const { codes } = data;
    const { bytes, offsets } = encode(data.dictionary);
    return (out, row) => {
      const code = codes[row];
      if (code < 0) out.ascii(marks.missing);
      else out.bytes(bytes, offsets[code], offsets[code + 1]);
    };
  }
  const { values } = data;
  const write = valueWriter(column, marks);
  return (out, row) => {
    const value = values[row];
    if (Number.isNaN(value)) out.ascii(marks.missing);
    else write(out, value);
  };
}

function valueWriter(column: Column, marks: Marks): (out: Out, value: number) => void {
  switch (column.kind) {
    case 'time':
    case 'timestamp':
      return cached((micros) => marks.time[0] + timeText(micros) + marks.time[1]);
    case 'date':
      return cached((days) => {
        const text = new Date(days * 86_400_000).toISOString().slice(0, 10);
        return marks.time[0] === '' ? text : `'${text}'`;
      });
    case 'float':
      return (out, value) => out.decimal(value, column.decimals);
    default:
      return (out, value) => out.whole(value);
  }
}

/** Neighbouring rows often share a time: its text is made once. */
function cached(format: (value: number) => string): (out: Out, value: number) => void {
  let last = NaN;
  let text = '';
  return (out, value) => {
    if (value !== last) {
      text = format(value);
      last = value;
    }
    out.ascii(text);
  };
}

/** `2016-01-01 00:00:10`, with a fraction only where there is one. */
export function timeText(micros: number): string {
  const millis = Math.floor(micros / 1000);
  const text = new Date(millis).toISOString().slice(0, 19).replace('T', ' ');
  const fraction = micros - Math.floor(micros / 1e6) * 1e6;
  return fraction === 0 ? text : `${text}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
}
