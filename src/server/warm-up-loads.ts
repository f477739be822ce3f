/** What a server that has just begun loads into a table of many columns: the forms of COPY, and INSERTs of many rows. */
import { copyIn, extendedQuery, simpleQuery } from './loop-client.ts';

const TAGS = 8;
const NUMBERS = 10;
const HOSTS = 40;
const START_MS = Date.UTC(2024, 0, 1);
/** Binary times count from there. */
const EPOCH_MS = Date.UTC(2000, 0, 1);
const STEP_MS = 10_000;
/** How often each form comes in a round. */
const REPEATS = 3;
const FORMS = 4;

export const LOADED_TABLE: readonly string[] = [
  `CREATE TABLE points (time timestamptz NOT NULL, ${list(TAGS, (i) => `t${i} text`)},
    ${list(NUMBERS, (i) => `n${i} ${isInteger(i) ? 'bigint' : 'float8'}`)})`,
  "SELECT create_hypertable('points', by_range('time', INTERVAL '12 hours'))",
];

/** The loads of a round, each for one turn; every one has all hosts at a time of its own. */
export function loadsOf(round: number): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const at = START_MS + (round * REPEATS + i) * FORMS * STEP_MS;
    const [copied, inserted, prepared] = [0, 1, 2].map((form) => rowsAt(at + form * STEP_MS));
    messages.push(
      copyIn('COPY points FROM STDIN', Buffer.from(copied.map(copyRow).join(''))),
      simpleQuery(`INSERT INTO points VALUES ${inserted.map(literalRow).join(', ')}`),
      extendedQuery(`INSERT INTO points VALUES ${prepared.map(literalRow).join(', ')}`, [], true),
      copyIn(
        'COPY points FROM STDIN (FORMAT binary)',
        binaryRows(rowsAt(at + (FORMS - 1) * STEP_MS)),
      ),
    );
  }
  return messages;
}

interface Row {
  readonly ms: number;
  readonly tags: readonly string[];
  readonly numbers: readonly number[];
}

function rowsAt(ms: number): Row[] {
  const step = ms / STEP_MS;
  return Array.from({ length: HOSTS }, (_, host) => ({
    ms,
    tags: Array.from({ length: TAGS }, (__, i) => `tag ${i} ${i === 0 ? host : host % (i + 2)}`),
    numbers: Array.from({ length: NUMBERS }, (__, i) => (step * (i + 3) + host * 7) % 101),
  }));
}

function copyRow({ ms, tags, numbers }: Row): string {
  return `${[timeText(ms), ...tags, ...numbers].join('\t')}\n`;
}

function literalRow({ ms, tags, numbers }: Row): string {
  return `('${[timeText(ms), ...tags].join("', '")}', ${numbers.join(', ')})`;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('.000Z', '+00');
}

function isInteger(number: number): boolean {
  return number % 3 === 2;
}

function list(count: number, item: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => item(i)).join(', ');
}

const SIGNATURE = 'PGCOPY\n\xff\r\n\0';

/** COPY's binary form: a header, then of each row the number of fields, and of these lengths and bytes. */
function binaryRows(rows: readonly Row[]): Uint8Array {
  const parts: Buffer[] = [Buffer.from(SIGNATURE, 'latin1'), Buffer.alloc(8)];
  for (const { ms, tags, numbers } of rows) {
    parts.push(int16(1 + TAGS + NUMBERS), field(int64((ms - EPOCH_MS) * 1000)));
    for (const tag of tags) parts.push(field(Buffer.from(tag)));
    numbers.forEach((value, i) => parts.push(field(isInteger(i) ? int64(value) : float64(value))));
  }
  return Buffer.concat([...parts, int16(-1)]);
}

function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

function float64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}
