/** Calls functions by typed text arguments, here and in PGlite, so that both answers can be compared. */
import type { PGlite } from '@electric-sql/pglite';
import { DbError } from '../../../src/errors/db-error.ts';
import { typeOid } from '../../../src/functions/define.ts';
import type {
  AggregateFunction,
  CallInfo,
  EvalContext,
  SqlFunction,
  TableFunction,
} from '../../../src/functions/function.ts';
import { builtinRegistry } from '../../../src/functions/registry.ts';
import type { FormatSettings } from '../../../src/types/codec.ts';
import { codecFor } from '../../../src/types/codecs.ts';
import { arrayTypeOf, elementTypeOf, mustTypeInfo } from '../../../src/types/type-table.ts';
import { OID, type Oid, sqlType } from '../../../src/types/type.ts';
import type { Value } from '../../../src/types/value.ts';
import { valueAt, type Vector, vectorFromValues } from '../../../src/vector/vector.ts';
import { NEUTRAL_FORMAT } from '../../../src/types/neutral-format.ts';

export const FORMAT: FormatSettings = NEUTRAL_FORMAT;

/** A context for functions that only format. */
export const CONTEXT = {
  format: FORMAT,
  transactionMicros: 0,
  statementMicros: 0,
  session: { currentUser: () => 10 },
} as unknown as EvalContext;

/** One argument: a type's internal name and its text form; null is SQL NULL. */
export interface Arg {
  readonly type: string;
  readonly text: string | null;
}

/** Reads `name|type=text|type=text`; `type=\N` is NULL, and a bar in a text is written ¦. */
export function readCase(line: string): { name: string; args: Arg[] } {
  const [name, ...rest] = line.split('|') as [string, ...string[]];
  const args = rest.map((part): Arg => {
    const at = part.indexOf('=');
    const text = part.slice(at + 1).replaceAll('¦', '|');
    return { type: part.slice(0, at), text: text === '\\N' ? null : text };
  });
  return { name: name.replaceAll('¦', '|'), args };
}

const POLYMORPHIC = new Set<Oid>([
  OID.anyelement,
  OID.anyarray,
  OID.anynonarray,
  OID.any,
  OID.anycompatible,
  OID.anycompatiblearray,
]);
const ARRAYS = new Set<Oid>([OID.anyarray, OID.anycompatiblearray]);

function accepts(declared: Oid, given: Oid): boolean {
  if (!POLYMORPHIC.has(declared)) return declared === given;
  if (ARRAYS.has(declared)) return mustTypeInfo(given).isArray;
  return declared === OID.anynonarray || declared === OID.anycompatible
    ? !mustTypeInfo(given).isArray
    : true;
}

function matches(
  fn: { argTypes: readonly Oid[]; variadic?: boolean },
  types: readonly Oid[],
): boolean {
  const { argTypes } = fn;
  if (fn.variadic !== true) {
    return (
      argTypes.length === types.length && argTypes.every((oid, i) => accepts(oid, types[i] as Oid))
    );
  }
  const last = argTypes.length - 1;
  const item = argTypes[last] === OID.any ? OID.any : (elementTypeOf(argTypes[last] as Oid) as Oid);
  return (
    types.length >= argTypes.length &&
    types.every((oid, i) => accepts(i < last ? (argTypes[i] as Oid) : item, oid))
  );
}

function returnTypeOf(declared: Oid, argTypes: readonly Oid[], types: readonly Oid[]): Oid {
  if (!POLYMORPHIC.has(declared)) return declared;
  let element: Oid = OID.text;
  argTypes.forEach((oid, i) => {
    if (!POLYMORPHIC.has(oid) || oid === OID.any) return;
    const given = types[i] as Oid;
    element = ARRAYS.has(oid) ? (elementTypeOf(given) as Oid) : given;
  });
  return ARRAYS.has(declared) ? (arrayTypeOf(element) as Oid) : element;
}

const isOperatorName = (name: string): boolean => !/^[a-z]/.test(name);

interface Resolved {
  readonly fn: SqlFunction;
  readonly call: CallInfo;
}

export function resolve(name: string, types: readonly Oid[]): Resolved {
  const candidates: readonly SqlFunction[] = isOperatorName(name)
    ? builtinRegistry.operators(name).map((operator) => operator.fn)
    : builtinRegistry.functions(name);
  const fn = candidates.find((candidate) => matches(candidate, types));
  if (fn === undefined) throw new Error(`no ${name}(${types.join(', ')})`);
  const call: CallInfo = {
    argTypes: types.map((oid) => sqlType(oid)),
    returnType: sqlType(returnTypeOf(fn.returnType, fn.argTypes, types)),
  };
  return { fn, call };
}

function parse(arg: Arg): Value {
  if (arg.text === null) return null;
  return codecFor(typeOid(arg.type)).parseText(arg.text, -1, FORMAT);
}

function show(oid: Oid, value: Value): string | null {
  if (value === null) return null;
  return oid === OID.bool ? String(value) : codecFor(oid).formatText(value, FORMAT);
}

function guarded(run: () => string | null): string | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof DbError) return `${error.code} ${error.message}`;
    throw error;
  }
}

/** The result as text, or `SQLSTATE message`. */
export function evaluateHere(line: string): string | null {
  const { name, args } = readCase(line);
  return guarded(() => {
    const { fn, call } = resolve(
      name,
      args.map((arg) => typeOid(arg.type)),
    );
    const values = args.map(parse);
    if (fn.kind === 'scalar') {
      if (fn.strict && values.includes(null)) return null;
      return show(call.returnType.oid, fn.evaluate(values, CONTEXT, call));
    }
    return tableText(fn as TableFunction, values, call);
  });
}

/** Rows of a set-returning function: fields by commas, rows by semicolons. */
function tableText(fn: TableFunction, values: readonly Value[], call: CallInfo): string | null {
  if (fn.strict && values.includes(null)) return null;
  const columns = fn.columns(call);
  const rows = [...(fn.rows(values, CONTEXT, call) as Iterable<readonly Value[]>)];
  if (rows.length === 0) return null;
  return rows
    .map((row) => row.map((value, i) => show(columns[i]!.type.oid, value) ?? 'NULL').join(','))
    .join(';');
}

const PG_NAMES: Readonly<Record<string, string>> = { char: '"char"' };

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function argSql(arg: Arg): string {
  const type = PG_NAMES[arg.type] ?? arg.type;
  return arg.text === null ? `null::${type}` : `${quoted(arg.text)}::${type}`;
}

/** The SQL expression that a case stands for. */
export function caseSql(line: string): string {
  const { name, args } = readCase(line);
  const sql = args.map(argSql);
  if (!isOperatorName(name)) return `${name}(${sql.join(', ')})`;
  return sql.length === 1 ? `${name} (${sql[0]})` : `(${sql[0]}) ${name} (${sql[1]})`;
}

async function ask(db: PGlite, sql: string): Promise<string | null> {
  try {
    const { rows } = await db.query<{ v: string | null }>(sql);
    return rows[0]?.v ?? null;
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code} ${message}`;
  }
}

/** What PGlite answers to a case. */
export async function evaluateThere(db: PGlite, line: string): Promise<string | null> {
  const { name, args } = readCase(line);
  const kind = isOperatorName(name)
    ? 'scalar'
    : resolve(
        name,
        args.map((arg) => typeOid(arg.type)),
      ).fn.kind;
  if (kind === 'scalar') return ask(db, `select (${caseSql(line)})::text as v`);
  const fields =
    "(select string_agg(coalesce(e.value, 'NULL'), ',') from json_each_text(row_to_json(t)) e)";
  const single = `coalesce((t.*)::text, 'NULL')`;
  const isRecord =
    resolve(
      name,
      args.map((arg) => typeOid(arg.type)),
    ).fn.returnType === OID.record;
  return ask(
    db,
    `select string_agg(${isRecord ? fields : single}, ';') as v from ${caseSql(line)} t`,
  );
}

/** Feeds an aggregate with rows in batches, alternating its three ways in. */
export function aggregateHere(
  name: string,
  types: readonly string[],
  rows: readonly (readonly (string | null)[])[],
): string | null {
  return guarded(() => {
    const oids = types.map(typeOid);
    const { fn, call } = resolve(name, oids);
    const accumulator = (fn as AggregateFunction).createAccumulator(call, CONTEXT, []);
    accumulator.ensureGroups(2);
    const vectors: Vector[] = types.map((type, k) =>
      vectorFromValues(
        sqlType(typeOid(type)),
        rows.map((row) => parse({ type, text: row[k] as string | null })),
      ),
    );
    const half = rows.length >> 1;
    accumulator.addRun(1, vectors, 0, half);
    accumulator.add(new Int32Array(rows.length).fill(1), vectors, half, rows.length);
    const result = accumulator.finish(2);
    return show(call.returnType.oid, valueAt(result, 1));
  });
}

/** The same aggregate in PGlite, over the rows in their order. */
export function aggregateThere(
  db: PGlite,
  name: string,
  types: readonly string[],
  rows: readonly (readonly (string | null)[])[],
): Promise<string | null> {
  const columns = types.map((_, k) => `x.v->>${k}`);
  const args = types.map((type, k) => `(${columns[k]})::${PG_NAMES[type] ?? type}`).join(', ');
  const list = rows.map((row, i) => `(${i}, ${quoted(JSON.stringify(row))}::json)`);
  const source =
    list.length === 0
      ? "(select 0 as n, '[]'::json as v where false)"
      : `(values ${list.join(', ')})`;
  return ask(db, `select (${name}(${args} order by x.n))::text as v from ${source} as x(n, v)`);
}
