/**
 * INSERT ... VALUES of plain literals without a syntax tree for the rows. Its plan is that of the same
 * statement with one row of parameters, with the rows as its input; so names, defaults, coercions to
 * lengths, constraints and privileges are the binder's and the executor's as always, and so is what follows
 * the rows (ON CONFLICT, RETURNING). Where the text holds anything else, or a literal does not read, the
 * statement goes the ordinary way.
 */
import { readInsertHead, type InsertHead } from '../../parse/fast-insert.ts';
import { parseStatements, type ParsedStatement } from '../../parse/parser.ts';
import type { CastExpr, Expr, ParameterExpr } from '../../plan/expr.ts';
import { transformExpr } from '../../plan/expr-walk.ts';
import type { InsertNode, PhysicalNode } from '../../plan/physical.ts';
import type { SqlType } from '../../types/type.ts';
import type { Batch } from '../../vector/vector.ts';
import type { Executable, StatementCall, StatementRun } from '../executable.ts';
import {
  lockAndPlan,
  planQuery,
  queryExecutable,
  requireSameFields,
  runPlanned,
  type PlannedQuery,
} from '../query.ts';
import type { SessionContext } from '../session-context.ts';
import { ValuesReader } from './values-reader.ts';

/** Shorter statements are parsed sooner than a reader is set up. */
const TEXT_MIN = 2048;
const WIDTH_MAX = 1600;

const readers = new WeakMap<PlannedQuery, ValuesReader>();
const inputs = new WeakMap<InsertNode, RowInput>();

/** Bytes of a statement in which its first row must end where it is not decoded as a whole. */
const PREFIX_BYTES = 4096;
/** Bytes at a statement's end in which what follows the rows must begin. */
const TAIL_BYTES = 4096;
const INSERT = /^\s*insert\s/i;
/** Where the text has this in a string, the rows before it do not read. */
const TAIL = /\)\s*(?=(?:on\s+conflict|returning)\b)/i;
const BEYOND_ASCII = /[\u0080-\u{10ffff}]/u;

/** An INSERT of literals, as far as its first row tells. */
export interface PlainInsert {
  readonly head: InsertHead;
  /** The statement's beginning, or all of it. */
  readonly beginning: string;
  text(): string;
  /** The UTF-8 bytes after VALUES that are rows. */
  rows(): Uint8Array;
  /** What follows the rows, from ON CONFLICT or RETURNING on. */
  readonly tail: string;
}

/** The INSERT that a text is; undefined where it is another statement, or a short one. */
export function plainInsert(sql: string): PlainInsert | undefined {
  if (sql.length < TEXT_MIN || !INSERT.test(sql)) return undefined;
  const head = readInsertHead(sql);
  if (head === undefined || head.width > WIDTH_MAX) return undefined;
  const tailAt = findTail(sql.slice(-TAIL_BYTES), sql.length);
  return {
    head,
    beginning: sql,
    text: () => sql,
    rows: () => Buffer.from(sql.slice(head.rowsAt, tailAt)),
    tail: sql.slice(tailAt),
  };
}

/** Where what follows the rows begins in a text of that length and end; its length where nothing does. */
function findTail(end: string, length: number): number {
  const match = TAIL.exec(end);
  return match === null ? length : length - end.length + match.index + match[0].length;
}

/** The same of bytes, which need not become a text: making one takes longer than reading the rows. */
export function plainInsertOf(bytes: Uint8Array): PlainInsert | undefined {
  if (bytes.length < TEXT_MIN) return undefined;
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const beginning = whole.toString('latin1', 0, PREFIX_BYTES);
  if (!INSERT.test(beginning)) return undefined;
  const head = readInsertHead(beginning);
  if (head === undefined || head.width > WIDTH_MAX) return undefined;
  if (BEYOND_ASCII.test(beginning.slice(0, head.rowsAt))) return undefined;
  if (whole.includes(0)) return undefined;
  const tailAt = findTail(whole.toString('latin1', bytes.length - TAIL_BYTES), bytes.length);
  return {
    head,
    beginning,
    text: () => whole.toString(),
    rows: () => bytes.subarray(head.rowsAt, tailAt),
    tail: whole.toString('utf8', tailAt),
  };
}

/**
 * The statement ready to run, undefined where it is not as plain as that. `runsOnce` says that it is not
 * prepared.
 */
export async function insertExecutable(
  session: SessionContext,
  source: PlainInsert,
  runsOnce: boolean,
): Promise<Executable | undefined> {
  const { head } = source;
  const template = templateOf(source);
  const planned = template && tryPlan(session, template);
  const insert = planned === undefined ? undefined : insertOf(planned, head.width);
  if (template === undefined || planned === undefined || insert === undefined) return undefined;
  const types = inputTypes(planned, insert);
  const context = session.execContext([], 0);
  const reader = readerFor(planned, types, context.eval.format);
  reader.borrows = runsOnce;
  const batches = await reader.read(source.rows(), context.eval.format, () => context.checkpoint());
  if (batches === undefined) return undefined;
  const rows: ReadRows = { batches, isLent: runsOnce, text: source.text };
  return {
    fields: planned.fields,
    parameterTypes: [],
    allowedWhenFailed: false,
    run: (call) => runInsert(session, { template, types, fields: planned.fields }, rows, call),
  };
}

/** The rows of a statement, in memory that is theirs alone where it is lent. */
interface ReadRows {
  readonly batches: readonly Batch[];
  readonly isLent: boolean;
  /** The statement's. */
  text(): string;
}

interface Template {
  readonly statement: ParsedStatement;
  readonly sql: string;
  readonly width: number;
}

/** undefined where what follows the rows is more than the end of the statement. */
function templateOf({ head, tail }: PlainInsert): Template | undefined {
  // The rows have the parameters' numbers.
  if (tail.includes('$')) return undefined;
  const { schema, table, columns, width } = head;
  const target = schema === undefined ? quoted(table) : `${quoted(schema)}.${quoted(table)}`;
  const list = columns === null ? '' : ` (${columns.map(quoted).join(', ')})`;
  const values = Array.from({ length: width }, (_, i) => `$${i + 1}`).join(', ');
  const sql = `INSERT INTO ${target}${list} VALUES (${values}) ${tail}`.trimEnd();
  const statements = tryParse(sql);
  return statements?.length === 1 ? { statement: statements[0], sql, width } : undefined;
}

/** undefined for an error, as below. */
function tryParse(sql: string): readonly ParsedStatement[] | undefined {
  try {
    return parseStatements(sql);
  } catch {
    return undefined;
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function planTemplate(session: SessionContext, { statement, sql }: Template): PlannedQuery {
  return planQuery(session, statement, sql, []);
}

/** undefined for an error: the ordinary way reports it, at its place in the text. */
function tryPlan(session: SessionContext, template: Template): PlannedQuery | undefined {
  try {
    return planTemplate(session, template);
  } catch {
    return undefined;
  }
}

/** The insert of a plan whose input is one row of expressions over the parameters. */
function insertOf({ plan }: PlannedQuery, width: number): InsertNode | undefined {
  const { root, parameterTypes } = plan;
  if (root.kind !== 'insert' || root.input.kind !== 'values') return undefined;
  return root.input.rows.length === 1 && parameterTypes.length === width ? root : undefined;
}

/** The parameters' types, with the lengths and precisions that their columns have. */
function inputTypes(planned: PlannedQuery, insert: InsertNode): readonly SqlType[] {
  const types = [...planned.plan.parameterTypes];
  for (const expr of rowOf(insert)) {
    if (isLimit(expr)) types[expr.arg.index] = expr.type;
  }
  return types;
}

function rowOf({ input }: InsertNode): readonly Expr[] {
  return input.kind === 'values' ? input.rows[0] : [];
}

interface Limit extends CastExpr {
  readonly arg: ParameterExpr;
}

/** True for a parameter that its column only gives a length or a precision. */
function isLimit(expr: Expr): expr is Limit {
  if (expr.kind !== 'cast' || expr.arg.kind !== 'parameter') return false;
  return expr.type.oid === expr.arg.type.oid;
}

function readerFor(
  planned: PlannedQuery,
  types: readonly SqlType[],
  settings: ConstructorParameters<typeof ValuesReader>[1],
): ValuesReader {
  const known = readers.get(planned);
  if (known?.isBusy === false) return known;
  const reader = new ValuesReader(types, settings);
  readers.set(planned, reader);
  return reader;
}

/** What the rows were read for. */
interface ReadPlan {
  readonly template: Template;
  readonly types: readonly SqlType[];
  readonly fields: PlannedQuery['fields'];
}

async function* runInsert(
  session: SessionContext,
  { template, types, fields }: ReadPlan,
  rows: ReadRows,
  call: StatementCall,
): StatementRun {
  const planned = await lockAndPlan(session, () => planTemplate(session, template));
  const insert = insertOf(planned, template.width);
  if (insert === undefined || !areSame(inputTypes(planned, insert), types)) {
    // The table is another one since its rows were read.
    const text = rows.text();
    const [statement] = parseStatements(text);
    return yield* queryExecutable(session, statement, text, []).run({ ...call, text });
  }
  requireSameFields(fields, planned.fields);
  return yield* runPlanned(session, withRows(planned, insert, types, rows), call, undefined);
}

function areSame(types: readonly SqlType[], others: readonly SqlType[]): boolean {
  return types.every(({ oid, typmod }, i) => oid === others[i].oid && typmod === others[i].typmod);
}

/** What stands between rows that were read and their insert, the same for all statements of a plan: it is compiled once. */
interface RowInput {
  readonly columns: PhysicalNode['columns'];
  readonly exprs: readonly Expr[];
}

function inputOfRows(insert: InsertNode, types: readonly SqlType[]): RowInput {
  let input = inputs.get(insert);
  if (input === undefined) {
    input = {
      columns: types.map((type, i) => ({ name: `column${i + 1}`, type })),
      exprs: rowOf(insert).map(overColumns),
    };
    inputs.set(insert, input);
  }
  return input;
}

function withRows(
  planned: PlannedQuery,
  insert: InsertNode,
  types: readonly SqlType[],
  { batches, isLent }: ReadRows,
): PlannedQuery {
  const { columns, exprs } = inputOfRows(insert, types);
  const estimatedRows = batches.reduce((sum, batch) => sum + batch.length, 0);
  const values: PhysicalNode = { kind: 'values', rows: [], batches, columns, estimatedRows };
  const project: PhysicalNode = {
    kind: 'project',
    input: values,
    exprs,
    columns: insert.input.columns,
    estimatedRows,
  };
  // Rows that are returned are read after they were stored, and some that conflict a second time.
  const isReadOnce = insert.returning === null && insert.onConflict === null;
  const root = { ...insert, input: project, isLent: isLent && isReadOnce };
  return { ...planned, plan: { ...planned.plan, root } };
}

/** Parameters become columns of the rows that were read. */
function overColumns(expr: Expr): Expr {
  if (isLimit(expr)) return { kind: 'column', type: expr.type, index: expr.arg.index };
  return transformExpr(expr, (item) =>
    item.kind === 'parameter' ? { kind: 'column', type: item.type, index: item.index } : item,
  );
}
