/** The strings of one block: those in use once, then their numbers in the order of first use as lanes. */
import { kernelViews } from '../../kernels/memory.ts';
import { blockStage, readLanes, writeLanes, type StagedBytes } from './block-stage.ts';
import type { BytesReader, BytesWriter } from './bytes-io.ts';
import { DamagedBlock } from './damaged-block.ts';
import { laneBits } from './number-block.ts';
import { INLINE_BYTES_MAX } from '../../vector/text-pages.ts';
import type { NullMask } from '../../vector/vector.ts';
import type { TextDictionary } from './text-dictionary.ts';

/** Strings written between two pauses. */
const STEP_TEXTS = 16_384;

/** What stands before a string. */
const LENGTH_BYTES = 4;
/** Strings that get their room at once. */
const ROOM_TEXTS = 64;

/** In steps of some milliseconds, between which others may use the stage. */
export function* textSteps(
  writer: BytesWriter,
  codes: Int32Array,
  nulls: NullMask,
  dictionary: TextDictionary,
  rows: number,
): Generator<void, void> {
  const { used, numbers } = usedStrings(codes, nulls, dictionary, rows);
  writer.u32(used.length);
  for (let start = 0; start < used.length; start += STEP_TEXTS) {
    if (start > 0 || used.length > STEP_TEXTS) yield;
    writeTexts(writer, dictionary, used, start, Math.min(used.length, start + STEP_TEXTS));
  }
  if (used.length <= 1) return;
  if (used.length > STEP_TEXTS) yield;
  const stage = blockStage(0);
  const views = kernelViews();
  const bits = used.length <= 0x100 ? 8 : used.length <= 0x10000 ? 16 : 32;
  const lanes = bits === 8 ? views.u8 : bits === 16 ? views.u16 : views.u32;
  lanes.set(numbers, stage.lanes / (bits >>> 3));
  writer.u8(bits);
  writeLanes(writer, stage, bits, rows, stage.lanes);
}

function writeTexts(
  writer: BytesWriter,
  dictionary: TextDictionary,
  used: Int32Array,
  start: number,
  end: number,
): void {
  for (let first = start; first < end; first += ROOM_TEXTS) {
    const texts = used.subarray(first, Math.min(end, first + ROOM_TEXTS));
    let bytes = INLINE_BYTES_MAX;
    for (const code of texts) bytes += LENGTH_BYTES + dictionary.lengthOf(code);
    writer.fill(bytes, (view, at) => dictionary.writeAll(texts, view, at));
  }
}

/** The codes in use in the order of first use, and for each row the place of its own among them. */
function usedStrings(
  codes: Int32Array,
  nulls: NullMask,
  dictionary: TextDictionary,
  rows: number,
): { used: Int32Array; numbers: Uint32Array } {
  const places = dictionary.size <= TABLE_MAX ? smallTable(dictionary.size) : hashTable();
  const numbers = new Uint32Array(rows);
  const used = new Int32Array(Math.min(rows, dictionary.size));
  let count = 0;
  let number = 0;
  for (let i = 0; i < rows; i++) {
    // NULLs take the string before them, which costs least.
    if (nulls === undefined || nulls[i] === 0) {
      const code = codes[i];
      const place = places.of(code);
      if (places.numbers[place] === 0) {
        used[count++] = code;
        places.numbers[place] = count;
      }
      number = places.numbers[place] - 1;
    }
    numbers[i] = number;
  }
  const all = used.subarray(0, count);
  places.clear(all);
  return { used: all, numbers };
}

/** Where the numbers of codes are kept while a block is written, each 0 before and after. */
interface CodePlaces {
  readonly numbers: Int32Array;
  of(code: number): number;
  clear(used: Int32Array): void;
}

/** Strings of a dictionary up to which each code has a place of its own. */
const TABLE_MAX = 262_144;
let table = new Int32Array(1024);

function smallTable(size: number): CodePlaces {
  if (table.length < size) table = new Int32Array(Math.min(TABLE_MAX, size * 2));
  return {
    numbers: table,
    of: (code) => code,
    clear: (used) => {
      for (const code of used) table[code] = 0;
    },
  };
}

/** At most half full: a block has no more codes than rows. */
const HASH_BITS = 17;
const HASH_MASK = (1 << HASH_BITS) - 1;
let hashed: CodePlaces | undefined;

function hashTable(): CodePlaces {
  return (hashed ??= makeHashTable());
}

function makeHashTable(): CodePlaces {
  const keys = new Int32Array(1 << HASH_BITS);
  const numbers = new Int32Array(1 << HASH_BITS);
  return {
    numbers,
    of: (code) => {
      let at = Math.imul(code, 0x9e3779b1) >>> (32 - HASH_BITS);
      while (keys[at] !== 0 && keys[at] !== code + 1) at = (at + 1) & HASH_MASK;
      keys[at] = code + 1;
      return at;
    },
    clear: () => {
      keys.fill(0);
      numbers.fill(0);
    },
  };
}

/** The codes that the block's strings have in the dictionary. */
function codesOf(reader: BytesReader, count: number, dictionary: TextDictionary): Int32Array {
  const codes = new Int32Array(count);
  const { bytes, starts } = reader.texts(count);
  // What is distinct in the block need not be looked for in an empty dictionary.
  const isEmpty = dictionary.size === 1;
  for (let i = 0; i < count; i++) {
    const [start, end] = [starts[i] + LENGTH_BYTES, starts[i + 1]];
    if (!isEmpty) codes[i] = dictionary.internBytes(bytes, start, end);
    else if (start < end) codes[i] = dictionary.addDistinct(bytes, start, end);
  }
  return codes;
}

/** Codes into the dictionary, which gets what it does not have. */
export function readTexts(
  staged: StagedBytes,
  rows: number,
  dictionary: TextDictionary,
): Int32Array {
  const { reader, stage } = staged;
  const count = reader.u32();
  if (count * 4 > reader.remaining) throw new DamagedBlock('too many strings');
  const own = codesOf(reader, count, dictionary);
  const codes = new Int32Array(rows);
  if (count <= 1) return count === 0 ? codes : codes.fill(own[0]);
  const bits = laneBits(reader.u8());
  readLanes(staged, bits, rows, stage.lanes);
  const views = kernelViews();
  const lanes = bits === 8 ? views.u8 : bits === 16 ? views.u16 : views.u32;
  const first = stage.lanes / (bits >>> 3);
  let highest = 0;
  for (let i = 0; i < rows; i++) {
    const number = lanes[first + i];
    if (number > highest) highest = number;
    codes[i] = own[number];
  }
  if (highest >= count) throw new DamagedBlock('code without a string');
  return codes;
}
