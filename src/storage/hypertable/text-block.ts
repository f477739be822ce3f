/** The strings of one block: those in use once, then their numbers in the order of first use as lanes. */
import { kernelViews } from '../../kernels/memory.ts';
import { blockStage, readLanes, writeLanes, type StagedBytes } from './block-stage.ts';
import type { BytesReader, BytesWriter } from './bytes-io.ts';
import { DamagedBlock } from './damaged-block.ts';
import { laneBits } from './number-block.ts';
import type { NullMask } from '../../vector/vector.ts';
import type { TextDictionary } from './text-dictionary.ts';

/** Strings written between two pauses. */
const STEP_TEXTS = 16_384;

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
    const some = used.slice(start, start + STEP_TEXTS);
    writer.texts(some.map((code) => dictionary.textOf(code)));
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

/** The codes in use in the order of first use, and for each row the place of its own among them. */
function usedStrings(
  codes: Int32Array,
  nulls: NullMask,
  dictionary: TextDictionary,
  rows: number,
): { used: number[]; numbers: Uint32Array } {
  const own = numbersOf(dictionary);
  const numbers = new Uint32Array(rows);
  const used: number[] = [];
  let number = 0;
  for (let i = 0; i < rows; i++) {
    // NULLs take the string before them, which costs least.
    if (nulls === undefined || nulls[i] === 0) {
      const code = codes[i];
      if (own[code] === 0) own[code] = used.push(code);
      number = own[code] - 1;
    }
    numbers[i] = number;
  }
  for (const code of used) own[code] = 0;
  return { used, numbers };
}

/** Per dictionary a number for each string, 0 between uses: large ones have far more strings than a block. */
const NUMBERS = new WeakMap<TextDictionary, Int32Array>();

function numbersOf(dictionary: TextDictionary): Int32Array {
  let numbers = NUMBERS.get(dictionary);
  if (numbers === undefined || numbers.length < dictionary.size) {
    // Dictionaries grow from block to block.
    NUMBERS.set(dictionary, (numbers = new Int32Array(Math.ceil(dictionary.size * 1.5))));
  }
  return numbers;
}

/** The codes that the block's strings have in the dictionary. */
function codesOf(reader: BytesReader, count: number, dictionary: TextDictionary): Int32Array {
  const codes = new Int32Array(count);
  const run = reader.texts(count);
  if (dictionary.size > 1) {
    for (let i = 0; i < count; i++) {
      codes[i] = dictionary.codeOf(run.textAt(i)) ?? dictionary.intern(run.copyAt(i));
    }
    return codes;
  }
  // What is distinct in the block need not be looked for in an empty dictionary.
  const texts: string[] = [];
  for (let i = 0; i < count; i++) {
    const text = run.textAt(i);
    if (text !== '') codes[i] = texts.push(text);
  }
  dictionary.addDistinct(texts);
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
