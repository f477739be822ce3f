/** COPY's binary form: a signature, then for every row its fields with their lengths. */
import type { Column, ColumnData } from '../data/dataset.ts';
import type { CellWriter, Encoder } from './encoder.ts';
import { ROW_BYTES } from './encoder.ts';
import { wordEncoder, type Out } from './out.ts';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const EPOCH_MICROS = Date.UTC(2000, 0, 1) * 1000;
const EPOCH_DAYS = EPOCH_MICROS / 86_400e6;

const encode = wordEncoder((word) => word);

export const COPY_BINARY: Encoder = {
  begin: (out) => {
    out.reserve(SIGNATURE.length);
    out.bytes(SIGNATURE, 0, SIGNATURE.length);
  },
  end: (out) => {
    out.reserve(2);
    out.byte(255);
    out.byte(255);
  },
  rows: (batch) => {
    const cells = batch.table.columns.flatMap((column, i) =>
      column.only === 'line' ? [] : [cellWriter(column, batch.columns[i])],
    );
    const room = batch.columns.reduce(
      (sum, data) => sum + ('codes' in data ? encode(data.dictionary).longest : 0),
      ROW_BYTES,
    );
    return (out, row) => {
      out.reserve(room);
      out.view.setInt16(out.at, cells.length);
      out.at += 2;
      for (let i = 0; i < cells.length; i++) cells[i](out, row);
    };
  },
};

function cellWriter(column: Column, data: ColumnData): CellWriter {
  if ('codes' in data) {
    const { codes } = data;
    const { bytes, offsets } = encode(data.dictionary);
    if (column.kind === 'bigint') {
      const numbers = data.dictionary.words.map(BigInt);
      return (out, row) => {
        if (codes[row] < 0) return missing(out);
        length(out, 8);
        out.view.setBigInt64(out.at, numbers[codes[row]]);
        out.at += 8;
      };
    }
    return (out, row) => {
      const code = codes[row];
      if (code < 0) return missing(out);
      length(out, offsets[code + 1] - offsets[code]);
      out.bytes(bytes, offsets[code], offsets[code + 1]);
    };
  }
  const { values } = data;
  const write = valueWriter(column);
  return (out, row) => {
    const value = values[row];
    if (Number.isNaN(value)) missing(out);
    else write(out, value);
  };
}

function valueWriter(column: Column): (out: Out, value: number) => void {
  switch (column.kind) {
    case 'time':
    case 'timestamp':
      return (out, value) => long(out, value - EPOCH_MICROS);
    case 'bigint':
      return long;
    case 'float':
      return (out, value) => {
        length(out, 8);
        out.view.setFloat64(out.at, value);
        out.at += 8;
      };
    case 'smallint':
      return (out, value) => {
        length(out, 2);
        out.view.setInt16(out.at, value);
        out.at += 2;
      };
    case 'date':
      return (out, value) => int(out, value - EPOCH_DAYS);
    default:
      return int;
  }
}

function missing(out: Out): void {
  out.view.setInt32(out.at, -1);
  out.at += 4;
}

function length(out: Out, bytes: number): void {
  out.view.setInt32(out.at, bytes);
  out.at += 4;
}

function int(out: Out, value: number): void {
  length(out, 4);
  out.view.setInt32(out.at, value);
  out.at += 4;
}

function long(out: Out, value: number): void {
  length(out, 8);
  const high = Math.floor(value / 4294967296);
  out.view.setInt32(out.at, high);
  out.view.setUint32(out.at + 4, value - high * 4294967296);
  out.at += 8;
}
