/** What RocksDB's manifest says: which files make the store. */
import type { Disk } from '../../base/env.ts';
import { dbError, type DbError } from '../../errors/db-error.ts';
import { joined, scanRocksLog } from './rocks-log.ts';

export interface Manifest {
  /** The oldest write-ahead log whose batches are not all in tables. */
  readonly oldestLog: number;
  /** Names of the tables. */
  readonly tables: readonly string[];
}

/** Undefined for a new store, and for one that RocksDB refuses. XX001 where the manifest is damaged. */
export async function readManifest(disk: Disk, directory: string): Promise<Manifest | undefined> {
  if (!(await disk.exists(`${directory}/CURRENT`))) return undefined;
  const current = new TextDecoder().decode(await disk.readFile(`${directory}/CURRENT`));
  const name = /^(MANIFEST-\d+)\n$/.exec(current)?.[1];
  if (name === undefined || !(await disk.exists(`${directory}/${name}`))) return undefined;
  const edits = new Edits();
  const { end } = scanRocksLog(await disk.readFile(`${directory}/${name}`), (pieces) =>
    edits.add(joined(pieces)),
  );
  if (end === 'damaged') throw damagedStore(`${name} does not match its checksums.`);
  const tables = [...edits.tables].map((number) => `${String(number).padStart(6, '0')}.sst`);
  return { oldestLog: edits.oldestLog, tables };
}

export function damagedStore(detail: string): DbError {
  return dbError('data_corrupted', {
    message: 'the key-value store is damaged',
    detail,
    hint: 'Restore the data directory from a backup.',
  });
}

const COMPARATOR = 1;
const LOG_NUMBER = 2;
const COMPACT_POINTER = 5;
const DELETED_FILE = 6;
const NEW_FILE = 103;
/** Next file, last number, previous log, oldest log for transactions, column families, atomic group. */
const NUMBERS: readonly number[] = [3, 4, 9, 10, 200, 203, 300];
/** Tags from here on are followed by a length and so many bytes. */
const IGNORABLE = 8_192;
/** Ends the further fields of a file. */
const TERMINATE = 1;

/** The sum of the manifest's records. */
class Edits {
  oldestLog = 0;
  readonly tables = new Set<number>();

  /** False where a field is not known. */
  add(edit: Uint8Array): boolean {
    const fields = new Fields(edit);
    while (!fields.isAtEnd) {
      const tag = fields.number();
      if (tag === LOG_NUMBER) this.oldestLog = Math.max(this.oldestLog, fields.number());
      else if (NUMBERS.includes(tag)) fields.number();
      else if (tag === COMPARATOR || tag >= IGNORABLE) fields.skipBytes();
      else if (tag === COMPACT_POINTER) {
        fields.number();
        fields.skipBytes();
      } else if (tag === DELETED_FILE) {
        fields.number();
        this.tables.delete(fields.number());
      } else if (tag === NEW_FILE) this.tables.add(newFile(fields));
      else return false;
    }
    return true;
  }
}

/** The number of a file; its level, size, first and last key and so on are passed over. */
function newFile(fields: Fields): number {
  fields.number();
  const number = fields.number();
  fields.number();
  fields.skipBytes();
  fields.skipBytes();
  fields.number();
  fields.number();
  while (fields.number() !== TERMINATE) fields.skipBytes();
  return number;
}

/** Reads RocksDB's numbers: seven bits a byte, the lowest first. */
export class Fields {
  readonly #bytes: Uint8Array;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      if (this.isAtEnd) throw damagedStore('A number ends too early.');
      const byte = this.#bytes[this.#offset++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  bytes(length: number): Uint8Array {
    this.#offset += length;
    if (this.#offset > this.#bytes.length) throw damagedStore('A field ends too early.');
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }

  skipBytes(): void {
    this.bytes(this.number());
  }
}
