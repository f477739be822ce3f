/** The naive model of one writer's rows in `readings`: every row, by chunk, scanned from end to end. */
import type { Reading } from './reading.ts';
import { RowSet } from './row-set.ts';
import { CHUNK_MS, seriesName, STATES } from './settings.ts';

/** The rows a statement is about; its SQL is `conditionOf`. */
export interface Match {
  /** All of the writer's series where undefined. */
  readonly series: number | undefined;
  readonly from: number;
  /** Not included. */
  readonly to: number;
  /** Only rows whose n ends with this digit. */
  readonly digit: number | undefined;
}

export type UpdateKind = 'warmer' | 'unload' | 'reload' | 'later';

export const ASSIGNMENTS: Record<UpdateKind, string> = {
  warmer: 'temp = temp + 0.5, n = n + 1',
  unload: "load = NULL, state = 'off'",
  reload: 'load = coalesce(load, 0) + 1.25, n = coalesce(n, 7)',
  later: "time = time + interval '1 second'",
};

const OFF = STATES.indexOf('off');

function updated(row: Reading, kind: UpdateKind): Reading {
  switch (kind) {
    case 'warmer':
      return { ...row, temp: row.temp + 0.5, n: row.n === null ? null : row.n + 1 };
    case 'unload':
      return { ...row, load: null, state: OFF };
    case 'reload':
      return { ...row, load: (row.load ?? 0) + 1.25, n: row.n ?? 7 };
    case 'later':
      return { ...row, time: row.time + 1000 };
  }
}

export function conditionOf(writer: number, { series, from, to, digit }: Match): string {
  const whose =
    series === undefined ? `writer = ${writer}` : `series = '${seriesName(writer, series)}'`;
  const times = `time >= '${new Date(from).toISOString()}' AND time < '${new Date(to).toISOString()}'`;
  return `${whose} AND ${times}${digit === undefined ? '' : ` AND n % 10 = ${digit}`}`;
}

export function chunkOf(time: number): number {
  return Math.floor(time / CHUNK_MS);
}

export class Shard {
  readonly chunks = new Map<number, RowSet>();

  get size(): number {
    let size = 0;
    for (const rows of this.chunks.values()) size += rows.length;
    return size;
  }

  add(row: Reading): void {
    const chunk = chunkOf(row.time);
    let rows = this.chunks.get(chunk);
    if (rows === undefined) this.chunks.set(chunk, (rows = new RowSet()));
    rows.push(row);
  }

  /** Returns how many rows were removed. */
  remove(match: Match): number {
    return this.#take(match, () => {});
  }

  update(match: Match, kind: UpdateKind): number {
    const rows: Reading[] = [];
    this.#take(match, (row) => rows.push(row));
    for (const row of rows) this.add(updated(row, kind));
    return rows.length;
  }

  /** What drop_chunks(older_than) does. */
  dropBefore(time: number): void {
    for (const chunk of this.chunks.keys()) {
      if ((chunk + 1) * CHUNK_MS <= time) this.chunks.delete(chunk);
    }
  }

  *rows(match: Match): Generator<Reading> {
    for (const rows of this.#within(match)) {
      for (let at = 0; at < rows.length; at++) if (matches(rows, at, match)) yield rows.get(at);
    }
  }

  #take(match: Match, taken: (row: Reading) => void): number {
    let count = 0;
    for (const rows of this.#within(match)) {
      for (let at = rows.length - 1; at >= 0; at--) {
        if (!matches(rows, at, match)) continue;
        taken(rows.get(at));
        rows.removeAt(at);
        count++;
      }
    }
    return count;
  }

  *#within({ from, to }: Match): Generator<RowSet> {
    for (const [chunk, rows] of this.chunks) {
      if (chunk * CHUNK_MS < to && (chunk + 1) * CHUNK_MS > from) yield rows;
    }
  }
}

function matches(rows: RowSet, at: number, { series, from, to, digit }: Match): boolean {
  const time = rows.time[at] as number;
  if (time < from || time >= to) return false;
  if (series !== undefined && rows.series[at] !== series) return false;
  return digit === undefined || (rows.n[at] as number) % 10 === digit;
}
