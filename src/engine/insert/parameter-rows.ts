/** INSERTs whose rows are parameters and constants alone: what they insert is known without running a plan. */
import { liveColumns, type CatalogSnapshot } from '../../catalog/catalog.ts';
import type { Expr } from '../../plan/expr.ts';
import type { InsertNode, PhysicalPlan } from '../../plan/physical.ts';
import { applyTypmod } from '../../types/apply-typmod.ts';
import type { Value } from '../../types/value.ts';
import type { VectorBuilder } from '../../vector/builder.ts';

/** A parameter by its number, or else a constant. */
interface Cell {
  readonly parameter: number;
  readonly constant: Value;
  /** Length or precision of the column; -1 for none. */
  readonly typmod: number;
}

export class ParameterRows {
  readonly insert: InsertNode;
  readonly length: number;
  readonly #rows: readonly (readonly Cell[])[];
  /** Positions of the columns that must not be NULL; of the time column of a hypertable, too. */
  readonly #notNull: readonly number[];
  readonly #timePosition: number;
  readonly #hasLimits: boolean;

  private constructor(insert: InsertNode, rows: readonly (readonly Cell[])[]) {
    const { table, rowChecks } = insert;
    this.insert = insert;
    this.length = rows.length;
    this.#rows = rows;
    this.#notNull = rowChecks.notNull.map(({ position }) => position);
    this.#timePosition = liveColumns(table).findIndex(
      ({ attnum }) => attnum === table.hypertable?.timeColumn,
    );
    this.#hasLimits = rows.some((row) => row.some(({ typmod }) => typmod >= 0));
  }

  /**
   * undefined for a plan that does more than insert such rows, or that may fail for them when all values
   * are known to fit: where a constraint is checked or an index asks for an expression.
   */
  static of({ root }: PhysicalPlan, catalog: CatalogSnapshot): ParameterRows | undefined {
    if (root.kind !== 'insert' || root.input.kind !== 'values') return undefined;
    const { input, onConflict, returning, rowChecks, table } = root;
    if (onConflict !== null || returning !== null) return undefined;
    if (rowChecks.checks.length > 0 || rowChecks.options.length > 0) return undefined;
    const indexes = catalog.indexesOf(table.oid);
    const mayFail = indexes.some(
      ({ unique, keys, predicateSql }) =>
        unique || predicateSql !== undefined || keys.some(({ column }) => column === 0),
    );
    if (mayFail || input.batches !== undefined) return undefined;
    const rows: Cell[][] = [];
    for (const row of input.rows) {
      const cells = row.map(cellOf);
      if (cells.includes(undefined)) return undefined;
      rows.push(cells as Cell[]);
    }
    return new ParameterRows(root, rows);
  }

  /** Adds the rows with these parameters, all of them or, where some value needs the plan to tell, none. */
  append(parameters: readonly Value[], builders: readonly VectorBuilder[]): boolean {
    for (const row of this.#rows) {
      for (const position of this.#notNull) {
        if (valueOf(row[position], parameters) === null) return false;
      }
      if (this.#timePosition >= 0) {
        const time = valueOf(row[this.#timePosition], parameters);
        if (typeof time !== 'number' || !Number.isFinite(time)) return false;
      }
    }
    // What does not fit its column throws before anything is added.
    if (this.#hasLimits) this.#each(parameters, builders, () => undefined);
    this.#each(parameters, builders, (builder, value) => builder.append(value));
    return true;
  }

  #each(
    parameters: readonly Value[],
    builders: readonly VectorBuilder[],
    visit: (builder: VectorBuilder, value: Value) => void,
  ): void {
    for (const row of this.#rows) {
      for (let i = 0; i < row.length; i++) {
        const value = valueOf(row[i], parameters);
        visit(builders[i], fitted(row[i], value, builders[i]));
      }
    }
  }
}

function cellOf(expr: Expr): Cell | undefined {
  if (expr.kind === 'constant') return { parameter: -1, constant: expr.value, typmod: -1 };
  if (expr.kind === 'parameter') return { parameter: expr.index, constant: null, typmod: -1 };
  if (expr.kind !== 'cast' || expr.arg.kind !== 'parameter') return undefined;
  if (expr.type.oid !== expr.arg.type.oid) return undefined;
  return { parameter: expr.arg.index, constant: null, typmod: expr.type.typmod };
}

function valueOf({ parameter, constant }: Cell, parameters: readonly Value[]): Value {
  return parameter < 0 ? constant : parameters[parameter];
}

function fitted({ typmod }: Cell, value: Value, { type }: VectorBuilder): Value {
  return value === null || typmod < 0 ? value : applyTypmod(type.oid, value, typmod, false);
}
