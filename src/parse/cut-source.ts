/** A text whose long literals are cut out, and the way back from its tree to that of the whole text. */
import type { RawStmt } from '@pgsql/types';
import type { Node, NodeBody } from './ast.ts';
import type { LongRows } from './long-rows.ts';
import { standIn, withoutCuts, type Cut, type LongItems } from './long-text.ts';
import { characterOffset } from './position.ts';

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
const ENCODER = new TextEncoder();

/** Where a cut is in the shortened text, and how much more the source has there. */
interface Shift {
  readonly start: number;
  readonly startByte: number;
  readonly units: number;
  readonly bytes: number;
}

export class CutSource {
  readonly text: string;
  readonly #sql: string;
  readonly #cuts: readonly Cut[];
  readonly #shifts: readonly Shift[];
  readonly #byKey: ReadonlyMap<string, Cut['content']>;
  #restored = 0;

  constructor(sql: string, cuts: readonly Cut[]) {
    this.#sql = sql;
    this.#cuts = cuts;
    this.text = withoutCuts(sql, cuts);
    this.#byKey = new Map(cuts.map(({ key, content }) => [key, content]));
    let [unit, byte, at] = [0, 0, 0];
    this.#shifts = cuts.map((cut) => {
      const { start, end } = cut;
      const { length } = standIn(cut);
      unit += start - at;
      byte += ENCODER.encode(sql.slice(at, start)).length;
      const bytes = ENCODER.encode(sql.slice(start, end)).length;
      const shift = {
        start: unit,
        startByte: byte,
        units: end - start - length,
        bytes: bytes - length,
      };
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
    const unit = characterOffset(this.text, byte);
    return unit + this.#moreUnits(unit);
  }

  /** Characters of the source before a character of the shortened text. */
  character(count: number): number {
    let unit = 0;
    for (let i = 0; i < count; i++) unit += (this.text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
    let characters = 0;
    for (const _ of this.#sql.slice(0, unit + this.#moreUnits(unit))) characters++;
    return characters;
  }

  /** The tree of the source; undefined where a cut cannot be told from something else. */
  restored(statements: readonly RawStmt[]): readonly RawStmt[] | undefined {
    this.#restored = 0;
    const tree = statements.map(({ stmt, ...rest }) =>
      stmt === undefined ? rest : { ...rest, stmt: this.#rebuild(stmt) as Node },
    );
    return this.#restored === this.#cuts.length ? tree : undefined;
  }

  #moreUnits(unit: number): number {
    let more = 0;
    for (const { start, units } of this.#shifts) if (start < unit) more += units;
    return more;
  }

  #location(byte: number): number {
    let location = byte;
    for (const { startByte, bytes } of this.#shifts) if (startByte < byte) location += bytes;
    return location;
  }

  #rebuild(value: unknown): unknown {
    if (typeof value === 'string') {
      const content = this.#byKey.get(value);
      if (typeof content !== 'string') return value;
      this.#restored++;
      return content;
    }
    if (Array.isArray(value)) return value.map((item) => this.#rebuild(item));
    if (typeof value !== 'object' || value === null) return value;
    const result: Record<string, unknown> = {};
    for (const [key, child] of Object.entries(value)) {
      const isLocation = typeof child === 'number' && LOCATIONS.test(key);
      result[key] = isLocation ? this.#location(child) : this.#rebuild(child);
    }
    const lists = result['valuesLists'] as Node[] | undefined;
    if (lists !== undefined) result['valuesLists'] = this.#valuesLists(lists);
    const { kind, rexpr } = result as { kind?: unknown; rexpr?: { List?: NodeBody<'List'> } };
    if (kind === 'AEXPR_IN' && rexpr?.List !== undefined) result['rexpr'] = this.#list(rexpr.List);
    return result;
  }

  /** Takes the item that stands for many out of an IN list. */
  #list(list: NodeBody<'List'>): Node {
    const [first, second] = list.items ?? [];
    const items = this.#contentOf(second);
    if (items === undefined || typeof items === 'string' || items.kind === 'rows')
      return { List: list };
    const short = { items: [first as Node] };
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
