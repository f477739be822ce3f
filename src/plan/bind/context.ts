/** What binding one statement needs to know and to remember. */
import { finishNow, type Steps } from '../../base/steps.ts';
import type { CatalogSnapshot, TableDescriptor, ViewDescriptor } from '../../catalog/catalog.ts';
import { dbError, DbError } from '../../errors/db-error.ts';
import type { ConditionName } from '../../errors/sqlstate.ts';
import type { FunctionRegistry } from '../../functions/function.ts';
import { nodeAs, type Node, type SelectStmt } from '../../parse/ast.ts';
import { errorPosition } from '../../parse/position.ts';
import { storedStatements, type StoredTexts } from '../../parse/stored-texts.ts';
import type { FormatSettings } from '../../types/codec.ts';
import { sqlType, type Oid, type SqlType } from '../../types/type.ts';
import type { ColumnExpr, Expr } from '../expr.ts';
import type { LogicalColumn, ViewWrite } from '../logical.ts';
import type { Namespace } from './scope.ts';

/** Everything outside the statement that its meaning depends on. */
export interface BindEnvironment {
  readonly catalog: CatalogSnapshot;
  readonly registry: FunctionRegistry;
  /** Schemas searched for unqualified names, in order; pg_catalog comes first where it is not listed. */
  readonly searchPath: readonly Oid[];
  readonly format: FormatSettings;
  /** Declared types of $1, $2 ..., 0 where the binder shall infer; filled in as it does. */
  readonly parameterTypes: Oid[];
  /** False where the number of parameters is fixed (42P02 for others). */
  readonly allowNewParameters?: boolean | undefined;
  /** The source text that locations in the tree refer to. */
  readonly sql: string;
  /** Told of every star of the statement itself: where it stands and what columns it means. */
  onStar?(location: number, columns: readonly StarColumn[]): void;
  /** Told what nodes of the tree mean, for turning the statement back into text. */
  readonly trace?: BindTrace | undefined;
  /** How views are read; who does not say has them parsed at once. */
  readonly texts?: Pick<StoredTexts, 'statements'> | undefined;
  /** Throws where the statement has been planned for too long: no timer fires in between. */
  checkTime?(): void;
  /** Row counts, for the order of joins and for EXPLAIN. */
  statistics?(table: TableDescriptor): number;
}

export interface BindTrace {
  expression(node: Node, expr: Expr): void;
  fromItem(node: Node, namespace: Namespace): void;
}

/** A column that a star stands for; `alias` is undefined for a column that a join has merged. */
export interface StarColumn {
  readonly alias: string | undefined;
  readonly name: string;
}

/** What is known about a column id beyond its type. */
export interface ColumnInfo {
  readonly name: string;
  /** Name of the range-table entry, '' for computed columns. */
  readonly alias: string;
  readonly tableOid: Oid;
  readonly attnum: number;
  /** Fields of an anonymous record. */
  readonly shape?: RecordShape | undefined;
}

export type RecordShape = readonly { readonly name: string; readonly type: SqlType }[];

/** Nodes that are bound in one step: about a millisecond. */
const STEP_NODES = 256;

export class BindContext {
  readonly env: BindEnvironment;
  readonly reads = new Set<Oid>();
  /** Those that the statement itself names, not those behind its views. */
  readonly directReads = new Set<Oid>();
  readonly writes = new Set<Oid>();
  /** Those of `writes` that the statement itself names. */
  readonly directWrites = new Set<Oid>();
  readonly viewWrites: ViewWrite[] = [];
  readonly shapes = new WeakMap<Expr, RecordShape>();
  readonly #columns = new Map<number, ColumnInfo>();
  readonly #locations = new Map<Expr, number>();
  #nextColumn = 1;
  #nextParam = 0;
  #nextCte = 1;
  /** Set while names inside a view are looked up: its own path, and no positions. */
  #path: readonly Oid[];
  #insideView = 0;
  /** Nodes of the tree that were bound since the last pause. */
  #nodes = 0;
  /** Views being expanded, to stop a cycle. */
  readonly viewStack: Oid[] = [];

  constructor(env: BindEnvironment) {
    this.env = env;
    this.#path = env.searchPath;
  }

  /** Takes note of a node that is bound, or of work that takes as long as so many. */
  count(nodes = 1): void {
    this.#nodes += nodes;
    this.env.checkTime?.();
  }

  /** True where binding has done enough for one step; the next one begins then. */
  isDue(): boolean {
    if (this.#nodes < STEP_NODES) return false;
    this.#nodes = 0;
    return true;
  }

  get searchPath(): readonly Oid[] {
    return this.#path;
  }

  /** How literals are read: names in them along the same path as names outside them. */
  get format(): FormatSettings {
    const { format } = this.env;
    const { names } = format;
    if (names === undefined || this.#insideView === 0) return format;
    const path = this.#path;
    return {
      ...format,
      names: {
        toOid: (kind, name) => names.toOid(kind, name, path),
        toName: (kind, oid) => names.toName(kind, oid),
      },
    };
  }

  get execParams(): number {
    return this.#nextParam;
  }

  get nextColumnId(): number {
    return this.#nextColumn;
  }

  newCteId(): number {
    return this.#nextCte++;
  }

  newExecParam(): number {
    return this.#nextParam++;
  }

  newColumn(name: string, type: SqlType, info: Partial<ColumnInfo> = {}): LogicalColumn {
    const id = this.#nextColumn++;
    this.#columns.set(id, { name, alias: '', tableOid: 0, attnum: 0, ...info });
    return { id, name, type };
  }

  columnInfo(id: number): ColumnInfo | undefined {
    return this.#columns.get(id);
  }

  setColumnInfo(id: number, info: ColumnInfo): void {
    this.#columns.set(id, info);
  }

  reference(column: LogicalColumn, location?: number): ColumnExpr {
    const expr: ColumnExpr = { kind: 'column', type: column.type, index: column.id };
    if (location !== undefined) this.locate(expr, location);
    return expr;
  }

  /** Remembers where an expression stands in the text. */
  locate<T extends Expr>(expr: T, location: number | undefined): T {
    if (location !== undefined && location >= 0) this.#locations.set(expr, location);
    return expr;
  }

  locationOf(expr: Expr): number | undefined {
    return this.#locations.get(expr);
  }

  /** Fields of an expression of anonymous record type, where the binder knows them. */
  shapeOf(expr: Expr): RecordShape | undefined {
    const known = this.shapes.get(expr);
    if (known !== undefined) return known;
    if (expr.kind === 'column') return this.#columns.get(expr.index)?.shape;
    if (expr.kind === 'row') {
      return expr.fields.map((field, i) => ({ name: expr.names[i], type: field.type }));
    }
    return undefined;
  }

  position(location: number | undefined): number | undefined {
    if (location === undefined || location < 0 || this.#insideView > 0) return undefined;
    return errorPosition(this.env.sql, location);
  }

  error(
    condition: ConditionName,
    message: string,
    location?: number,
    more: { detail?: string | undefined; hint?: string | undefined } = {},
  ): DbError {
    return dbError(condition, { message, position: this.position(location), ...more });
  }

  /** The query of a view. */
  viewQuery(view: ViewDescriptor): SelectStmt {
    const [statement] = this.env.texts?.statements(view.sql) ?? storedStatements(view.sql);
    const select = nodeAs(statement?.node, 'SelectStmt');
    if (select !== undefined) return select;
    throw this.error('internal_error', `view "${view.name}" has no query`);
  }

  /** Runs `body` with names resolved along another path, as in the text of a view. */
  inView<T>(path: readonly Oid[], body: () => T): T {
    return finishNow(
      this.inViewSteps(path, function* () {
        return body();
      }),
    );
  }

  *inViewSteps<T>(path: readonly Oid[], body: () => Steps<T>): Steps<T> {
    const saved = this.#path;
    this.#path = path;
    this.#insideView++;
    try {
      return yield* body();
    } finally {
      this.#path = saved;
      this.#insideView--;
    }
  }

  /** Runs `body` and gives errors without a position the one of `location`. */
  at<T>(location: number | undefined, body: () => T): T {
    try {
      return body();
    } catch (error) {
      if (error instanceof DbError && error.fields.position === undefined) {
        throw error.with({ position: this.position(location) });
      }
      throw error;
    }
  }

  parameterType(index: number): Oid {
    return this.env.parameterTypes[index] ?? 0;
  }

  finalParameterTypes(): SqlType[] {
    return this.env.parameterTypes.map((oid) => sqlType(oid));
  }
}
