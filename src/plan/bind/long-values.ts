/**
 * VALUES lists of thousands of literals, which the parser keeps beside the tree: their columns become arrays
 * that a scan of unnest() gives as rows.
 */
import { InternalError, DbError } from '../../errors/db-error.ts';
import type { Node } from '../../parse/ast.ts';
import {
  LITERAL_FALSE,
  LITERAL_NULL,
  LITERAL_NUMBER,
  LITERAL_STRING,
  LITERAL_TRUE,
  type LiteralColumn,
} from '../../parse/fast-insert.ts';
import { literalOffsets, type LongRows } from '../../parse/long-rows.ts';
import { codecFor } from '../../types/codecs.ts';
import { PgArray } from '../../types/pg-array.ts';
import { OID, sqlType, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { Expr } from '../expr.ts';
import type { LogicalFunctionScan } from '../logical.ts';
import type { BindContext } from './context.ts';
import { NUMBER_TYPES, numberType } from './long-in.ts';
import { arrayType } from './types.ts';

/** One expression for each type that a column's literals have, in the order of the first of each. */
export function sampleLiterals({ kinds, texts }: LiteralColumn): Expr[] {
  const samples = new Map<number, Expr>();
  texts.forEach((text, row) => {
    const oid = literalType(kinds[row], text);
    if (samples.has(oid)) return;
    samples.set(oid, { kind: 'constant', type: sqlType(oid), value: null });
  });
  return [...samples.values()];
}

function literalType(kind: number, text: string): number {
  if (kind === LITERAL_NUMBER) return text.length < 10 ? shortNumberType(text) : numberType(text);
  return kind === LITERAL_TRUE || kind === LITERAL_FALSE ? OID.bool : OID.unknown;
}

const WHOLE = /^-?\d+$/;

function shortNumberType(text: string): number {
  return WHOLE.test(text) ? OID.int4 : OID.numeric;
}

/** The rows as a scan; undefined where a literal has to be looked at as an expression. */
export function longValuesScan(
  context: BindContext,
  rows: LongRows,
  types: readonly SqlType[],
): LogicalFunctionScan | undefined {
  const fn = context.env.registry.functions('unnest').find((each) => each.kind === 'table');
  if (fn?.kind !== 'table') throw new InternalError('unnest() is missing');
  const arrays = types.map((type, i) => columnArray(context, rows.columns[i], type));
  if (arrays.includes(undefined)) return undefined;
  const functions = types.map((type, i) => {
    const list = sqlType(arrayType(context, type.oid));
    return {
      fn,
      call: { argTypes: [list], returnType: type },
      args: [{ kind: 'constant', type: list, value: arrays[i] as PgArray } as Expr],
      columnCount: 1,
    };
  });
  const columns = types.map((type, i) => {
    const name = `column${i + 1}`;
    return context.newColumn(name, type, { name, alias: '*VALUES*' });
  });
  return { kind: 'function-scan', alias: '*VALUES*', functions, withOrdinality: false, columns };
}

function columnArray(
  context: BindContext,
  { kinds, texts }: LiteralColumn,
  { oid, typmod }: SqlType,
): PgArray | undefined {
  if (typmod !== -1 || arrayType(context, oid) === 0) return undefined;
  const codec = codecFor(oid);
  const { format } = context.env;
  const values: Value[] = [];
  const hasNumbers = NUMBER_TYPES.has(oid);
  try {
    for (let row = 0; row < texts.length; row++) {
      const kind = kinds[row];
      if (kind === LITERAL_NULL) values.push(null);
      else if (kind === LITERAL_STRING) values.push(codec.parseText(texts[row], -1, format));
      else if (kind === LITERAL_NUMBER && hasNumbers) {
        const value = codec.parseText(texts[row], -1, format);
        values.push(Object.is(value, -0) ? 0 : value);
      } else if (kind !== LITERAL_NUMBER && oid === OID.bool) values.push(kind === LITERAL_TRUE);
      else return undefined;
    }
  } catch (error) {
    if (error instanceof DbError) return undefined;
    throw error;
  }
  return new PgArray(oid, values);
}

const ENCODER = new TextEncoder();

/** The rows as the grammar gives them. */
export function longValueNodes(context: BindContext, rows: LongRows): Node[] {
  const { sql } = context.env;
  const offsets = literalOffsets(sql, rows);
  let [unit, byte] = [0, 0];
  const locationOf = (): number => {
    const { value = unit } = offsets.next();
    byte += ENCODER.encode(sql.slice(unit, value)).length;
    unit = value;
    return byte;
  };
  return Array.from({ length: rows.count }, (_, row) => ({
    List: {
      items: rows.columns.map(({ kinds, texts }) =>
        literalNode(kinds[row], texts[row], locationOf()),
      ),
    },
  }));
}

function literalNode(kind: number, text: string, location: number): Node {
  if (kind === LITERAL_NULL) return { A_Const: { isnull: true, location } };
  if (kind === LITERAL_STRING) return { A_Const: { sval: { sval: text }, location } };
  if (kind !== LITERAL_NUMBER)
    return { A_Const: { boolval: { boolval: kind === LITERAL_TRUE }, location } };
  const ofSize = WHOLE.test(text) && numberType(text) === OID.int4;
  return ofSize
    ? { A_Const: { ival: { ival: Number(text) }, location } }
    : { A_Const: { fval: { fval: text }, location } };
}
