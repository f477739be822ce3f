/**
 * A part of a text, whose long literals are cut out, and the way back from its tree to what the tree of the
 * whole text has there.
 */
import type { Node, NodeBody } from './ast.ts';
import type { LongRows } from './long-rows.ts';
import { standIn, withoutCuts, type Cut, type LongItems } from './long-text.ts';
import { OffsetReader } from './position.ts';

const LONG_ITEMS = new WeakMap<object, LongItems>();

/** All items of an IN list, where these are kept beside the tree; it has the first one only. */
export function longItemsOf(list: NodeBody<'List'>): LongItems | undefined {
  return LONG_ITEMS.get(list);
}

const LONG_ROWS = new WeakMap<object, LongRows>();

/** The rows that stand behind the first one of a VALUES list, where these are kept beside the tree. */
export function longRowsOf(valuesLists: readonly Node[]): LongRows | undefined {
  return LONG_ROWS.get(valuesLists);
}

/** Keys of byte offsets. */
const LOCATIONS = /location$|list_start$|list_end$/;
/** Objects of a tree that are looked at in one step. */
const STEP_OBJECTS = 2048;
const ENCODER = new TextEncoder();

/** Where a cut is in the shortened text, and how much more the source has up to its end. */
interface Shift {
  readonly start: number;
  readonly startByte: number;
  readonly units: number;
  readonly bytes: number;
}

export class CutSource {
  /** What the grammar reads. */
  readonly text: string;
  readonly #sql: string;
  readonly #cuts: readonly Cut[];
  readonly #shifts: readonly Shift[];
  readonly #byKey: ReadonlyMap<string, Cut['content']>;
  /** Bytes of the whole text before this part. */
  readonly #bytesBefore: number;
  readonly #units: OffsetReader;
  #restored = 0;

  /** `sql` is the part; the cuts' places are in it. */
  constructor(sql: string, cuts: readonly Cut[], bytesBefore = 0) {
    this.#sql = sql;
    this.#cuts = cuts;
    this.#bytesBefore = bytesBefore;
    this.text = cuts.length === 0 ? sql : withoutCuts(sql, cuts);
    this.#units = new OffsetReader(this.text);
    this.#byKey = new Map(cuts.map(({ key, content }) => [key, content]));
    let [unit, byte, at, units, bytes] = [0, 0, 0, 0, 0];
    this.#shifts = cuts.map((cut) => {
      const { start, end } = cut;
      const { length } = standIn(cut);
      unit += start - at;
      byte += ENCODER.encode(sql.slice(at, start)).length;
      units += end - start - length;
      bytes += ENCODER.encode(sql.slice(start, end)).length - length;
      const shift = { start: unit, startByte: byte, units, bytes };
      [unit, byte, at] = [unit + length, byte + length, end];
      return shift;
    });
  }

  /** True where a text speaks of what stands for a cut. */
  hasKey(text: string): boolean {
    return this.#cuts.some(({ key }) => text.includes(key));
  }

  /** UTF-16 units of the source before a byte of the shortened text. */
  unit(byte: number): number {
    const unit = this.#units.unit(byte);
    return unit + (this.#shiftBefore(unit, 'start')?.units ?? 0);
  }

  /** Characters of the source before a character of the shortened text. */
  character(count: number): number {
    let unit = 0;
    for (let i = 0; i < count; i++) unit += (this.text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
    let characters = 0;
    const more = this.#shiftBefore(unit, 'start')?.units ?? 0;
    for (const _ of this.#sql.slice(0, unit + more)) characters++;
    return characters;
  }

  /** Makes a tree that of the source; false where a cut cannot be told from something else. */
  *restore(tree: object): Generator<void, boolean, void> {
    if (this.#cuts.length === 0 && this.#bytesBefore === 0) return true;
    this.#restored = 0;
    const waiting = [tree as Record<string, unknown>];
    for (let count = 1; ; count++) {
      const next = waiting.pop();
      if (next === undefined) return this.#restored === this.#cuts.length;
      this.#restoreObject(next, waiting);
      if (count % STEP_OBJECTS === 0) yield;
    }
  }

  /** The last cut that begins before a place. */
  #shiftBefore(place: number, of: 'start' | 'startByte'): Shift | undefined {
    let [low, high] = [0, this.#shifts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#shifts[middle][of] < place) low = middle + 1;
      else high = middle;
    }
    return this.#shifts[low - 1];
  }

  #location(byte: number): number {
    // Unknown places are -1.
    if (byte < 0) return byte;
    return byte + this.#bytesBefore + (this.#shiftBefore(byte, 'startByte')?.bytes ?? 0);
  }

  /** Restores an object or an array but for what is in it, which is added to those that wait. */
  #restoreObject(object: Record<string, unknown>, waiting: Record<string, unknown>[]): void {
    const lists = object['valuesLists'] as Node[] | undefined;
    if (lists !== undefined) object['valuesLists'] = this.#valuesLists(lists);
    const { kind, rexpr } = object as { kind?: unknown; rexpr?: { List?: NodeBody<'List'> } };
    if (kind === 'AEXPR_IN' && rexpr?.List !== undefined) object['rexpr'] = this.#list(rexpr.List);
    for (const key in object) {
      const child = object[key];
      if (typeof child === 'object' && child !== null)
        waiting.push(child as Record<string, unknown>);
      else if (typeof child === 'string') object[key] = this.#string(child);
      else if (typeof child === 'number' && LOCATIONS.test(key))
        object[key] = this.#location(child);
    }
  }

  #string(text: string): string {
    const content = this.#byKey.get(text);
    if (typeof content !== 'string') return text;
    this.#restored++;
    return content;
  }

  /** Takes the item that stands for many out of an IN list. */
  #list(list: NodeBody<'List'>): Node {
    const [first, second] = list.items ?? [];
    const items = this.#contentOf(second);
    if (items === undefined || typeof items === 'string' || items.kind === 'rows')
      return { List: list };
    const short = { items: [first] };
    LONG_ITEMS.set(short, items);
    this.#restored++;
    return { List: short };
  }

  /** Takes the row that stands for many out of a VALUES list. */
  #valuesLists(lists: Node[]): Node[] {
    const [first, second, ...rest] = lists;
    const [item] = second !== undefined && 'List' in second ? (second.List.items ?? []) : [];
    const rows = this.#contentOf(item);
    if (rows === undefined || typeof rows === 'string' || rows.kind !== 'rows') return lists;
    const short = [first, ...rest];
    LONG_ROWS.set(short, rows);
    this.#restored++;
    return short;
  }

  #contentOf(node: Node | undefined): Cut['content'] | undefined {
    const text = node !== undefined && 'A_Const' in node ? node.A_Const.sval?.sval : undefined;
    return text === undefined ? undefined : this.#byKey.get(text);
  }
}
