/** A row of `readings`, and its forms on the wire. */
import { regionOf, seriesName, STATES } from './settings.ts';

export interface Reading {
  readonly series: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly n: number | null;
  readonly temp: number;
  readonly load: number | null;
  /** Position in STATES. */
  readonly state: number | null;
}

export const COLUMNS = 'time, series, writer, region, n, temp, load, state';

const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');

export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

/** Reads a timestamptz in zone UTC: `2024-01-01 00:00:00.123+00`. */
export function parseTime(text: string): number {
  const fraction = text.charCodeAt(19) === 46 ? text.slice(19, text.indexOf('+', 19)) : '0';
  return (
    Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`) + Math.round(Number(fraction) * 1000)
  );
}

export function stateText(state: number | null): string | null {
  return state === null ? null : (STATES[state] as string);
}

function fieldsOf(writer: number, row: Reading): (string | number | null)[] {
  return [
    timeText(row.time),
    seriesName(writer, row.series),
    writer,
    regionOf(writer, row.series),
    row.n,
    row.temp,
    row.load,
    stateText(row.state),
  ];
}

export const parametersOf = fieldsOf;

export function copyText(writer: number, rows: readonly Reading[]): Buffer {
  const lines = rows.map((row) =>
    fieldsOf(writer, row)
      .map((field) => (field === null ? '\\N' : String(field).replaceAll('\t', '\\t')))
      .join('\t'),
  );
  return Buffer.from(`${lines.join('\n')}\n`);
}

export function literals(writer: number, rows: readonly Reading[]): string {
  const literal = (field: string | number | null): string =>
    field === null ? 'NULL' : typeof field === 'number' ? String(field) : `'${field}'`;
  return rows.map((row) => `(${fieldsOf(writer, row).map(literal).join(', ')})`).join(', ');
}

export function copyBinary(writer: number, rows: readonly Reading[]): Buffer {
  const parts: Buffer[] = [SIGNATURE];
  for (const row of rows) parts.push(binaryRow(writer, row));
  parts.push(Buffer.from([0xff, 0xff]));
  return Buffer.concat(parts);
}

function binaryRow(writer: number, row: Reading): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigInt64BE(BigInt(row.time - POSTGRES_EPOCH_MS) * 1000n);
  const state = stateText(row.state);
  const fields = [
    time,
    Buffer.from(seriesName(writer, row.series)),
    int4(writer),
    Buffer.from(regionOf(writer, row.series)),
    row.n === null ? null : int4(row.n),
    float8(row.temp),
    row.load === null ? null : float8(row.load),
    state === null ? null : Buffer.from(state),
  ];
  const parts: Buffer[] = [Buffer.from([0, fields.length])];
  for (const field of fields) {
    parts.push(int4(field === null ? -1 : field.length));
    if (field !== null) parts.push(field);
  }
  return Buffer.concat(parts);
}

function int4(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function float8(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}
