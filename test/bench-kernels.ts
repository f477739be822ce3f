/**
 * Values a second that blocks are encoded and decoded with, by kind of data and by scheme. Build first, then
 *
 *   npx esbuild test/bench-kernels.ts --bundle --platform=node --format=esm --outfile=dist/bench-kernels.js
 *   node --expose-gc dist/bench-kernels.js
 *
 * Each figure is the best of many runs, so that other work on the machine matters less.
 */
import { setImmediate } from 'node:timers/promises';
import { decodeBlock, encodeBlock, zonesOf } from '../src/storage/hypertable/column-block.ts';
import { filterRows } from '../src/storage/hypertable/filter-rows.ts';
import type { RowSource } from '../src/storage/hypertable/row-source.ts';
import { plainColumn, type PlainColumn } from '../src/storage/hypertable/stored-column.ts';
import { TextDictionary } from '../src/storage/hypertable/text-dictionary.ts';
import { OID, sqlType } from '../src/types/type.ts';

const ROWS = 65_536;
const TYPE = sqlType(OID.float8);
const SECONDS = Number(process.env['SECONDS'] ?? 0.4);

let state = 42;

function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

function normal(): number {
  let sum = 0;
  for (let i = 0; i < 12; i++) sum += random();
  return sum - 6;
}

/** A walk between bounds that begins anew with each series of 4,320 rows. */
function walk(low: number, high: number, deviation: number): (row: number) => number {
  let value = low;
  return (row) => {
    if (row % 4320 === 0) value = low + random() * (high - low);
    return (value = Math.max(low, Math.min(high, value + normal() * deviation)));
  };
}

const cpu = walk(0, 100, 1);
const latitude = walk(-90, 90, 0.005);
const speed = walk(0, 100, 2);
let bytesSent = 0;
const SHAPES: Record<string, (row: number) => number> = {
  'cpu, whole 0 to 100': (row) => Math.round(cpu(row)),
  'time, every 10 s': (row) => 7.8e14 + (row % 4320) * 1e7,
  'time, irregular': (row) => 7.8e14 + (row % 4320) * 1e7 + Math.floor(random() * 1e6),
  counter: (row) => (bytesSent = row % 4320 === 0 ? 0 : bytesSent + Math.round(50 + normal())),
  'latitude, 5 places': (row) => Math.round(latitude(row) * 1e5) / 1e5,
  'speed, 1 place, 1 % NaN': (row) => (random() < 0.01 ? NaN : Math.round(speed(row) * 10) / 10),
  'status, few distinct': () => [200, 404, 500, 301][Math.floor(random() * 4)],
  'mostly constant': (row) => Math.floor(row / 900),
  'real doubles': () => 20 + random(),
  'floats of 32 bits': () => Math.fround(random() * 100),
  'random bytes': () => Math.floor(random() * 256),
  'random 16 bits': () => Math.floor(random() * 65_536),
  'random 32 bits': () => Math.floor(random() * 2 ** 32),
};

/** Millions of values a second, of the fastest run. Blocks of memory are used again, as in a full cache. */
async function rate(work: () => void): Promise<string> {
  let best = Infinity;
  const stop = performance.now() + SECONDS * 1000;
  for (let runs = 0; runs < 64 || performance.now() < stop; runs++) {
    if (runs % 32 === 31) {
      globalThis.gc?.();
      await setImmediate();
    }
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return (ROWS / best / 1000).toFixed(0).padStart(8);
}

async function main(): Promise<void> {
  console.log(
    `${'million values a second'.padEnd(26)}bits/value  zones  encode  decode   widen  select`,
  );
  for (const [name, make] of Object.entries(SHAPES)) {
    const data = Float64Array.from({ length: ROWS }, (_, row) => make(row));
    const column: PlainColumn = { rep: 'f64', data, nulls: undefined };
    const none = (): TextDictionary => new TextDictionary();
    const bytes = encodeBlock(column, ROWS, TYPE);
    const decoded = decodeBlock(bytes, TYPE, none);
    const source = { stores: () => true, piece: () => decoded } as unknown as RowSource;
    const sorted = data.toSorted();
    const range = { low: sorted[ROWS - 3000], high: Infinity, isLowOpen: false, isHighOpen: false };
    const bounds = { minTime: 0, maxTime: 0, equalities: [], ranges: [{ attnum: 1, ...range }] };
    const all = { starts: [0], ends: [ROWS] };
    const bits = ((bytes.length * 8) / ROWS).toFixed(2).padStart(10);
    const figures = [
      (await rate(() => void zonesOf(column, ROWS))).slice(1),
      await rate(() => void encodeBlock(column, ROWS, TYPE)),
      await rate(() => void decodeBlock(bytes, TYPE, none)),
      await rate(() => void plainColumn(decoded)),
      await rate(() => void filterRows(source, all, bounds)),
    ];
    console.log(`${name.padEnd(26)}${bits}${figures.join('')}`);
    const cold = encodeBlock(column, ROWS, TYPE, { isCold: true });
    if (cold.length >= bytes.length) continue;
    const coldBits = ((cold.length * 8) / ROWS).toFixed(2).padStart(10);
    const coldFigures = [
      await rate(() => void encodeBlock(column, ROWS, TYPE, { isCold: true })),
      await rate(() => void decodeBlock(cold, TYPE, none)),
    ];
    console.log(`${'  cold'.padEnd(26)}${coldBits}       ${coldFigures.join('')}`);
  }
}

await main();
