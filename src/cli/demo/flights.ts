/** The demo's data: flights of the first half of 2001 (Parquet) and airports (CSV), from vega-datasets. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../platform/package-path.ts';

export const FLIGHT_ROWS = 3_000_000;

/** The data folder of the vega-datasets package, or an error that says how to get it. */
export function dataFolder(): string {
  for (let folder = packageRoot(); ; folder = dirname(folder)) {
    const data = join(folder, 'node_modules', 'vega-datasets', 'data');
    if (existsSync(data)) return data;
    if (dirname(folder) === folder) break;
  }
  throw new Error(
    'the demo needs its data: run "npm install vega-datasets hyparquet hyparquet-compressors"',
  );
}

export async function readAirports(): Promise<Buffer> {
  return await readFile(join(dataFolder(), 'airports.csv'));
}

/** COPY text of all flights, some thousand rows a piece: time, origin, destination, delay, distance. */
export async function* readFlights(): AsyncGenerator<{
  readonly rows: number;
  readonly text: Buffer;
}> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetRead } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  const file = await asyncBufferFromFile(join(dataFolder(), 'flights-3m.parquet'));
  const metadata = await parquetMetadataAsync(file);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const columns = new Map<string, ArrayLike<unknown>[]>();
    await parquetRead({
      file,
      metadata,
      compressors,
      rowStart,
      rowEnd: rowStart + rows,
      onChunk({ columnName, columnData }) {
        const parts = columns.get(columnName);
        if (parts === undefined) columns.set(columnName, [columnData]);
        else parts.push(columnData);
      },
    });
    yield* toCopyText(columns, rows);
    rowStart += rows;
  }
}

const PIECE_ROWS = 10_000;

function* toCopyText(
  columns: ReadonlyMap<string, readonly ArrayLike<unknown>[]>,
  rows: number,
): Generator<{ readonly rows: number; readonly text: Buffer }> {
  const read = (name: string): unknown[] =>
    (columns.get(name) ?? []).flatMap((part) => Array.from(part));
  const [date, origin, destination] = [read('date') as Date[], read('origin'), read('destination')];
  const [delay, distance] = [read('delay'), read('distance')];
  for (let start = 0; start < rows; start += PIECE_ROWS) {
    const end = Math.min(rows, start + PIECE_ROWS);
    let text = '';
    for (let i = start; i < end; i++) {
      const time = (date[i] as Date).toISOString();
      text += `${time.slice(0, 10)} ${time.slice(11, 19)}\t${String(origin[i])}\t${String(destination[i])}\t${field(delay[i])}\t${field(distance[i])}\n`;
    }
    yield { rows: end - start, text: Buffer.from(text) };
  }
}

function field(value: unknown): string {
  return value === null || value === undefined ? '\\N' : String(value);
}
