/** InfluxDB's line protocol: tags, a blank, fields, a blank, nanoseconds. NULLs are left out. */
import type { Batch, Column, ColumnData } from '../data/dataset.ts';
import type { CellWriter, Encoder } from './encoder.ts';
import { ROW_BYTES } from './encoder.ts';
import { wordEncoder } from './out.ts';

const encodeTag = wordEncoder((word) => word.replace(/[, =]/g, (c) => `\\${c}`));
const encodeField = wordEncoder((word) => `"${word.replace(/["\\]/g, (c) => `\\${c}`)}"`);

export const LINE_PROTOCOL: Encoder = {
  rows: (batch) => {
    const columns = batch.table.columns
      .map((column, i) => ({ column, data: batch.columns[i] }))
      .filter(({ column }) => column.only !== 'sql');
    const tags = columns.filter(({ column }) => column.tag === true);
    const fields = columns.filter(({ column }) => column.tag !== true && column.kind !== 'time');
    const writeTags = tags.map(({ column, data }) => tagWriter(column, data));
    const writeFields = fields.map(({ column, data }) => fieldWriter(column, data));
    const times = timesOf(batch);
    const room = columns.length * 64 + ROW_BYTES;
    return (out, row) => {
      out.reserve(room);
      out.ascii(batch.table.name);
      for (const write of writeTags) write(out, row);
      out.byte(0x20);
      const start = out.at;
      for (const write of writeFields) write(out, row);
      // Every field ends with a comma; the last one makes room for the blank.
      if (out.at > start) out.at--;
      out.byte(0x20);
      out.whole(times[row]);
      out.ascii('000\n');
    };
  },
};

function timesOf(batch: Batch): Float64Array {
  const data = batch.columns[batch.table.columns.findIndex(({ kind }) => kind === 'time')];
  if (!('values' in data)) throw new Error(`${batch.table.name} has no time`);
  return data.values;
}

function tagWriter(column: Column, data: ColumnData): CellWriter {
  if (!('codes' in data)) throw new Error(`tag ${column.name} is not text`);
  const { codes } = data;
  const { bytes, offsets } = encodeTag(data.dictionary);
  const key = `,${column.name}=`;
  return (out, row) => {
    const code = codes[row];
    if (code < 0) return;
    out.ascii(key);
    out.bytes(bytes, offsets[code], offsets[code + 1]);
  };
}

function fieldWriter(column: Column, data: ColumnData): CellWriter {
  const key = `${column.name}=`;
  if ('codes' in data) {
    const { codes } = data;
    const { bytes, offsets } = encodeField(data.dictionary);
    return (out, row) => {
      const code = codes[row];
      if (code < 0) return;
      out.ascii(key);
      out.bytes(bytes, offsets[code], offsets[code + 1]);
      out.byte(0x2c);
    };
  }
  const { values } = data;
  const isWhole = column.kind !== 'float' || column.whole === true;
  return (out, row) => {
    const value = values[row];
    if (Number.isNaN(value)) return;
    out.ascii(key);
    if (isWhole) {
      out.whole(value);
      out.byte(0x69);
    } else out.decimal(value, column.decimals);
    out.byte(0x2c);
  };
}
