/** The values of one key column of a grid, numbered as they come; NULL is one of them. */
import { grown } from '../../base/grown.ts';
import { finishNow } from '../../base/steps.ts';
import { OID, vectorRep, type SqlType } from '../../types/type.ts';
import { laneArray, type Lanes } from '../../vector/lanes.ts';
import { LaneVector, type LaneRows } from '../../vector/lane-vector.ts';
import { originOf } from '../../vector/distinct-dictionary.ts';
import type { TextVector, Vector } from '../../vector/vector.ts';
import { TextIds } from '../packed-keys/text-ids.ts';
import { StringDictionary } from '../../vector/string-dictionary.ts';

/** Numbers, unlike texts, are looked up in a Map: not for many of them. */
const NUMBERS_MAX = 4096;
/** Whole numbers from 0 on that are looked up in an array, at most, and how many may be numbered. */
const SMALL_MAX = 1 << 16;
const SMALL_NUMBERS_MAX = 1 << 14;
/** Values of lanes for which there is an array, and how many for each row at hand. */
const LANE_VALUES_MAX = 1 << 16;
const LANE_VALUES_PER_ROW = 64;
/** Texts that get a dictionary of their own. */
const LIST_MAX = 16_384;
/** Texts that may be looked at without a pause when others come to them. */
const TEXTS_MOVED = 4096;

export class GroupAxis {
  count = 0;
  readonly #type: SqlType;
  #null = -1;
  /** By number: of columns of numbers and bools the value, of texts the text. */
  readonly #values: number[] = [];
  readonly #list: string[] = [];
  readonly #dictionary = new StringDictionary(this.#list);
  readonly #numberOf = new Map<number, number>();
  /** By small whole number: its number plus 1. */
  #ofSmall = new Int32Array(64);
  /** What lanes stood for before, and by lane its number plus 1. */
  #lanes: Pick<Lanes, 'bits' | 'base' | 'factor' | 'divisor'> | undefined;
  #ofLane = new Int32Array(0);
  readonly #texts: TextIds;
  /** By number of a text among all of the column: its number here plus 1. And the other way round. */
  #ofId = new Int32Array(0);
  readonly #ids: number[] = [];

  constructor(type: SqlType, texts: TextIds | undefined) {
    this.#type = type;
    this.#texts = texts ?? new TextIds();
  }

  get bytes(): number {
    return this.#texts.bytes + this.count * 16 + (this.#ofId.length + this.#ofSmall.length) * 4;
  }

  /** Numbers rows; false where the axis does not take them. */
  number(column: Vector, length: number, out: Int32Array): boolean {
    if (column.rep === 'any' || this.#type.oid === OID.bpchar) return false;
    if (column.rep !== vectorRep(this.#type.oid)) return false;
    if (column.rep === 'text') return this.#numberTexts(column, length, out);
    const rows = shortLanes(column, length);
    return rows === undefined
      ? this.#numberNumbers(column.data, column.nulls, length, out)
      : this.#numberLanes(rows, length, out);
  }

  /** Numbers of few bits: each lane stands for one value. */
  #numberLanes({ lanes, starts, at }: LaneRows, length: number, out: Int32Array): boolean {
    const ofLane = this.#laneNumbers(lanes);
    const array = laneArray(lanes);
    const first = lanes.block.pointer / (lanes.bits >>> 3);
    for (let i = 0; i < starts.length && at[i] < length; i++) {
      const end = Math.min(length, at[i + 1]);
      for (let row = at[i], from = first + starts[i]; row < end; row++, from++) {
        const lane = array[from];
        if (ofLane[lane] === 0) {
          const value = (lanes.base + lane * lanes.factor) / lanes.divisor;
          const number = this.#add(value);
          if (number < 0 || (value === 0 && 1 / value < 0)) return false;
          ofLane[lane] = number + 1;
        }
        out[row] = ofLane[lane] - 1;
      }
    }
    return true;
  }

  /** By lane, its number plus 1; the same for all lanes that stand for the same values. */
  #laneNumbers({ bits, base, factor, divisor }: Lanes): Int32Array {
    const before = this.#lanes;
    const isSame =
      before !== undefined &&
      before.bits === bits &&
      before.base === base &&
      before.factor === factor &&
      before.divisor === divisor;
    if (!isSame) this.#ofLane = new Int32Array(2 ** bits);
    this.#lanes = { bits, base, factor, divisor };
    return this.#ofLane;
  }

  #numberNumbers(
    data: Float64Array | Uint8Array,
    nulls: Uint8Array | undefined,
    length: number,
    out: Int32Array,
  ): boolean {
    const values = this.#values;
    let ofSmall = this.#ofSmall;
    // Buckets of a series follow each other as those of the first series did.
    let number = -1;
    for (let row = 0; row < length; row++) {
      if (nulls !== undefined && nulls[row] === 1) {
        out[row] = this.#nullNumber();
        continue;
      }
      const value = data[row];
      if (number < 0 || values[number] !== value) {
        const index = value | 0;
        const isSmall = index === value && index >= 0 && index < ofSmall.length;
        if (isSmall && ofSmall[index] > 0) number = ofSmall[index] - 1;
        else {
          number++;
          if (number >= values.length || values[number] !== value) number = this.#add(value);
          if (number < 0) return false;
          ofSmall = this.#ofSmall;
        }
      }
      // It equals 0, but a group shows the one that came first.
      if (value === 0 && 1 / value < 0) return false;
      out[row] = number;
    }
    return true;
  }

  #add(value: number): number {
    let number = this.#numberOf.get(value);
    if (number === undefined) {
      const isSmall = value >= 0 && value < SMALL_MAX && value === Math.floor(value);
      if (this.#values.length >= (isSmall ? SMALL_NUMBERS_MAX : NUMBERS_MAX)) return -1;
      number = this.count++;
      this.#values[number] = value;
      this.#numberOf.set(value, number);
      if (isSmall) this.#addSmall(value, number);
    }
    return number;
  }

  #addSmall(value: number, number: number): void {
    let room = this.#ofSmall.length;
    while (room <= value) room *= 2;
    if (room > this.#ofSmall.length) this.#ofSmall = grown(this.#ofSmall, new Int32Array(room));
    this.#ofSmall[value] = number + 1;
  }

  #nullNumber(): number {
    if (this.#null < 0) {
      this.#null = this.count++;
      // No number equals it.
      this.#values[this.#null] = NaN;
      this.#ids[this.#null] = 0;
    }
    return this.#null;
  }

  #numberTexts(column: TextVector, length: number, out: Int32Array): boolean {
    const { dictionary, nulls } = column;
    if (originOf(dictionary) === undefined && dictionary.length > 4 * length + 64) return false;
    const steps = this.#texts.prepare(column);
    if (steps !== undefined) {
      if (this.#texts.size > TEXTS_MOVED) return false;
      finishNow(steps);
    }
    this.#texts.write(column, length, true, out, 0);
    for (let row = 0; row < length; row++) {
      if (nulls !== undefined && nulls[row] === 1) {
        out[row] = this.#nullNumber();
        continue;
      }
      const id = out[row];
      const number = id < this.#ofId.length ? this.#ofId[id] : 0;
      out[row] = number === 0 ? this.#addText(id) : number - 1;
    }
    return true;
  }

  #addText(id: number): number {
    if (id >= this.#ofId.length) {
      const room = Math.max(2 * this.#ofId.length, id + 1, this.#texts.size);
      this.#ofId = grown(this.#ofId, new Int32Array(room));
    }
    const number = this.count++;
    this.#ofId[id] = number + 1;
    this.#ids[number] = id;
    return number;
  }

  /** The same for a table whose texts have the same numbers. */
  valuesForTable(numbers: Int32Array): Vector {
    return vectorRep(this.#type.oid) === 'text' ? this.#manyTexts(numbers) : this.values(numbers);
  }

  #manyTexts(numbers: Int32Array): Vector {
    const type = this.#type;
    const ids = numbers.map((number) => (number === this.#null ? 0 : this.#ids[number]));
    const { dictionary, codes } = this.#texts.texts(ids);
    const { length } = numbers;
    return { rep: 'text', type, length, codes, dictionary, nulls: this.#nullsOf(numbers) };
  }

  /** A dictionary of the axis's texts alone, which are few. */
  #fewTexts(numbers: Int32Array): Vector {
    const type = this.#type;
    const list = this.#list;
    for (let number = list.length; number < this.count; number++) {
      list.push(number === this.#null ? '' : this.#texts.textOf(this.#ids[number]));
    }
    const nulls = this.#nullsOf(numbers);
    const { length } = numbers;
    const dictionary = this.#dictionary;
    return { rep: 'text', type, length, codes: numbers, dictionary, nulls };
  }

  /** The values with these numbers; vectors of texts share a dictionary until others are added. */
  values(numbers: Int32Array): Vector {
    const type = this.#type;
    const { length } = numbers;
    const nulls = this.#nullsOf(numbers);
    const values = this.#values;
    switch (vectorRep(type.oid)) {
      case 'text':
        return this.count <= LIST_MAX ? this.#fewTexts(numbers) : this.#manyTexts(numbers);
      case 'bool': {
        const data = Uint8Array.from(numbers, (number) => values[number]);
        return { rep: 'bool', type, length, data, nulls };
      }
      default: {
        const data = new Float64Array(length);
        for (let i = 0; i < length; i++) {
          data[i] = numbers[i] === this.#null ? 0 : values[numbers[i]];
        }
        return { rep: 'f64', type, length, data, nulls };
      }
    }
  }

  #nullsOf(numbers: Int32Array): Uint8Array | undefined {
    if (this.#null < 0) return undefined;
    const nulls = new Uint8Array(numbers.length);
    for (let i = 0; i < numbers.length; i++) nulls[i] = numbers[i] === this.#null ? 1 : 0;
    return nulls.includes(1) ? nulls : undefined;
  }
}

/** A column's lanes, where nobody has widened them and there are few values that they may stand for. */
function shortLanes(column: Vector, length: number): LaneRows | undefined {
  const lanes = LaneVector.from(column);
  if (lanes === undefined || lanes.isWidened || lanes.nulls !== undefined) return undefined;
  const rows = LaneVector.rowsOf(lanes);
  const values = rows === undefined ? Infinity : 2 ** rows.lanes.bits;
  return values <= LANE_VALUES_MAX && values <= LANE_VALUES_PER_ROW * length ? rows : undefined;
}
