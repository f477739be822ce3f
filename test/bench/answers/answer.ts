/**
 * The rows of a query in a form that does not depend on who gave them. Small answers are kept to be
 * compared value by value; of large ones a sum of row hashes remains.
 */
export type Value = string | number | null;

/** t time, d date, s text, n number, i interval in seconds, b boolean: a letter for each column. */
export type Kinds = string;

export interface Answer {
  readonly rows: number;
  readonly digest: string;
  /** All rows, unless there are many. */
  readonly kept?: readonly (readonly Value[])[];
}

const KEPT_VALUES = 2_000_000;

export class AnswerCollector {
  readonly #kinds: Kinds;
  readonly #keptRows: number;
  #rows = 0;
  #sums: [number, number] = [0, 0];
  #kept: Value[][] | undefined = [];

  constructor(kinds: Kinds, keptValues = KEPT_VALUES) {
    this.#kinds = kinds;
    this.#keptRows = Math.floor(keptValues / Math.max(1, kinds.length));
  }

  /** Fields as any system prints them, or numbers, booleans and bigints from an API. */
  add(fields: readonly unknown[]): void {
    const row = Array.from(this.#kinds, (kind, i) => canonical(kind, fields[i]));
    this.#rows++;
    if (this.#kept === undefined) {
      this.#sum(row);
      return;
    }
    this.#kept.push(row);
    if (this.#rows <= this.#keptRows) return;
    for (const kept of this.#kept) this.#sum(kept);
    this.#kept = undefined;
  }

  #sum(row: readonly Value[]): void {
    const text = row.map(rounded).join('\t');
    this.#sums[0] = (this.#sums[0] + hash(text, 0x811c9dc5)) >>> 0;
    this.#sums[1] = (this.#sums[1] + hash(text, 0x9747b28c)) >>> 0;
  }

  result(): Answer {
    if (this.#kept !== undefined) return { rows: this.#rows, digest: '', kept: this.#kept };
    return { rows: this.#rows, digest: this.#sums.map((sum) => sum.toString(16)).join(' ') };
  }
}

export function canonical(kind: string, field: unknown): Value {
  if (field === null || field === undefined) return null;
  if (kind === 'n') return Number(field);
  const text = String(field);
  switch (kind) {
    case 't':
      return typeof field === 'number' ? field : micros(text);
    case 'd':
      return text.slice(0, 10);
    case 'i':
      return typeof field === 'number' ? field : intervalSeconds(text);
    case 'b':
      return text === 't' || text === 'true' || text === '1' ? 1 : 0;
    default:
      return text;
  }
}

/** `2016-01-01 00:00:00[.ffffff][+00]`, also with a T and a Z, as microseconds. */
function micros(text: string): number {
  const part = (from: number, to: number): number => Number(text.slice(from, to));
  const millis = Date.UTC(
    part(0, 4),
    part(5, 7) - 1,
    part(8, 10),
    text.length > 10 ? part(11, 13) : 0,
    text.length > 10 ? part(14, 16) : 0,
    text.length > 16 ? part(17, 19) : 0,
  );
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return millis * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

/** PostgreSQL's and DuckDB's spelling: `1 day -02:00:00.5`. */
function intervalSeconds(text: string): number {
  if (/^-?[\d.e+-]+$/.test(text)) return Number(text);
  const days = Number(/(-?\d+) days?/.exec(text)?.[1] ?? 0);
  const months = Number(/(-?\d+) mons?/.exec(text)?.[1] ?? 0);
  const clock = /(-?)(\d+):(\d+):([\d.]+)/.exec(text);
  const seconds =
    clock === null ? 0 : Number(clock[2]) * 3600 + Number(clock[3]) * 60 + Number(clock[4]);
  return (months * 30 + days) * 86_400 + (clock?.[1] === '-' ? -seconds : seconds);
}

function rounded(value: Value): string {
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(9)));
}

/** FNV-1a over UTF-16 units. */
function hash(text: string, seed: number): number {
  let state = seed;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state >>> 0;
}
