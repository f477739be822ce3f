import { describe, expect, it } from 'vitest';
import { cpuOnly, CPU_METRICS } from '../../bench/data/cpu-only.ts';
import type { Batch, ColumnData, Dataset } from '../../bench/data/dataset.ts';
import { devops } from '../../bench/data/devops.ts';
import { hits } from '../../bench/data/hits.ts';
import { iot } from '../../bench/data/iot.ts';
import { randomFrom } from '../../bench/data/random.ts';

/** Rows of a table as values and words, copied before the arrays are used again. */
function rowsOf(dataset: Dataset, table: string): (string | number | null)[][] {
  const rows: (string | number | null)[][] = [];
  for (const batch of dataset.batches()) {
    if (batch.table.name !== table) continue;
    for (let row = 0; row < batch.rows; row++) {
      rows.push(batch.columns.map((column) => valueOf(column, row)));
    }
  }
  return rows;
}

function valueOf(column: ColumnData, row: number): string | number | null {
  if ('values' in column) return Number.isNaN(column.values[row]) ? null : column.values[row];
  return column.codes[row] < 0 ? null : column.dictionary.words[column.codes[row]];
}

function countRows(batches: Iterable<Batch>): number {
  let rows = 0;
  for (const batch of batches) rows += batch.rows;
  return rows;
}

describe('random numbers', () => {
  it('are the same for the same seed and normal where asked', () => {
    const [a, b] = [randomFrom(5), randomFrom(5)];
    expect(Array.from({ length: 50 }, a.bits)).toEqual(Array.from({ length: 50 }, b.bits));
    const random = randomFrom(1);
    const values = Array.from({ length: 200_000 }, random.normal);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
    expect(values.filter((value) => Math.abs(value) > 3.5).length).toBeGreaterThan(20);
  });
});

describe('cpu-only', () => {
  const options = { scale: 7, epochs: 40, intervalSeconds: 10, seed: 3 };

  it('gives each host a row for each epoch, integers from 0 to 100', () => {
    const rows = rowsOf(cpuOnly(options), 'cpu');
    expect(rows.length).toBe(280);
    for (const row of rows) {
      const metrics = row.slice(-CPU_METRICS.length).map(Number);
      expect(metrics.every((value) => Number.isInteger(value) && value >= 0 && value <= 100)).toBe(
        true,
      );
      expect(String(row[3]).startsWith(String(row[2]))).toBe(true);
    }
    expect(rowsOf(cpuOnly(options), 'cpu')).toEqual(rows);
    expect(rowsOf(cpuOnly({ ...options, seed: 4 }), 'cpu')).not.toEqual(rows);
  });

  it('ends after the wanted rows and keeps decimals', () => {
    const dataset = cpuOnly({ ...options, rowsMax: 100, decimals: 2 });
    const rows = rowsOf(dataset, 'cpu');
    expect(rows.length).toBe(100);
    const values = rows.flatMap((row) => row.slice(-CPU_METRICS.length).map(Number));
    expect(values.every((value) => Number(value.toFixed(2)) === value)).toBe(true);
    expect(values.some((value) => !Number.isInteger(value))).toBe(true);
  });
});

describe('devops', () => {
  it('has 9 measurements with 101 fields', () => {
    const dataset = devops({ scale: 3, epochs: 5, intervalSeconds: 10, seed: 1 });
    expect(dataset.tables.length).toBe(9);
    const fields = dataset.tables.flatMap(({ columns }) =>
      columns.filter(({ kind, tag }) => tag !== true && kind !== 'time'),
    );
    expect(fields.length).toBe(101);
    expect(countRows(dataset.batches())).toBe(3 * 5 * 9);
    const reads = rowsOf(dataset, 'diskio').filter((row) => row[1] === 'host_0');
    const at = dataset.tables[1].columns.findIndex(({ name }) => name === 'reads');
    for (let i = 1; i < reads.length; i++) {
      expect(Number(reads[i][at])).toBeGreaterThan(Number(reads[i - 1][at]));
    }
  });
});

describe('iot', () => {
  const dataset = iot({ trucks: 20, epochs: 300, intervalSeconds: 10, seed: 9 });
  const rows = rowsOf(dataset, 'readings');

  it('loses about a tenth of the points and lets a third come late', () => {
    expect(rows.length).toBeGreaterThan(6000 * 0.8);
    expect(rows.length).toBeLessThan(6000 * 0.95);
    const places = rows
      .filter((row) => row[2] !== null)
      .map((row) => Number(row[0]) + Number(String(row[2]).slice('truck_'.length)));
    const late = places.filter((place, i) => i > 0 && place < places[i - 1]);
    expect(late.length).toBeGreaterThan(rows.length * 0.1);
    expect(new Set(rows.map((row) => `${row[0]} ${row[2]} ${row[1]}`)).size).toBe(rows.length);
  });

  it('names every set of tags in a table of its own', () => {
    const tags = new Map(rowsOf(dataset, 'tags').map((row) => [row[0], row]));
    for (const row of rows) expect(tags.get(row[1])?.slice(1, 6)).toEqual(row.slice(2, 7));
    expect(rows.some((row) => row[2] === null)).toBe(true);
  });
});

describe('hits', () => {
  it('holds what the queries look for', () => {
    const rows = rowsOf(hits(20_000, 2), 'hits');
    expect(rows.length).toBe(20_000);
    expect(rows.some((row) => row[6] === '435090932899640449')).toBe(true);
    expect(rows.some((row) => String(row[7]).includes('google'))).toBe(true);
    expect(rows.filter((row) => row[10] === '').length).toBeGreaterThan(16_000);
    expect(rows.filter((row) => row[3] === 62).length).toBeGreaterThan(1000);
  });
});
