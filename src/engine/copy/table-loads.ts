/**
 * What loads of a table leave for those that follow, and share with those beside them: strings of its columns
 * and combinations of them. It lives as long as a session whose last load was one of the table's.
 */
import type { TableDescriptor } from '../../catalog/catalog.ts';
import type { SessionContext } from '../session-context.ts';
import { ColumnTexts } from './column-texts.ts';
import type { TextTuples } from './text-tuples.ts';

/** Forms of input whose combinations are kept. */
const FORMS_MAX = 4;

export class TableLoads {
  readonly #texts = new Map<number, ColumnTexts>();
  readonly #tuples = new Map<string, TextTuples>();

  textsOf(attnum: number): ColumnTexts {
    let texts = this.#texts.get(attnum);
    if (texts === undefined) this.#texts.set(attnum, (texts = new ColumnTexts()));
    return texts;
  }

  /** Those of loads with the same columns and options. */
  tuplesOf(form: string): TextTuples | undefined {
    return this.#tuples.get(form);
  }

  keepTuples(form: string, tuples: TextTuples): void {
    if (this.#tuples.size >= FORMS_MAX && !this.#tuples.has(form)) this.#tuples.clear();
    this.#tuples.set(form, tuples);
  }
}

/** A session's last load. */
export interface LastLoad {
  readonly table: TableDescriptor;
  readonly loads: TableLoads;
  /** How many rows it had. */
  rows: number;
}

const LAST = new WeakMap<SessionContext, LastLoad>();
const LOADS = new WeakMap<TableDescriptor, WeakRef<TableLoads>>();

export function lastLoadOf(session: SessionContext, table: TableDescriptor): LastLoad {
  let last = LAST.get(session);
  if (last?.table !== table) {
    last = { table, loads: loadsOf(table), rows: 0 };
    LAST.set(session, last);
  }
  return last;
}

function loadsOf(table: TableDescriptor): TableLoads {
  let loads = LOADS.get(table)?.deref();
  if (loads === undefined) LOADS.set(table, new WeakRef((loads = new TableLoads())));
  return loads;
}
