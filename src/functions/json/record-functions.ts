/** Rows out of JSON objects: json_populate_record, json_to_record, their sets and their jsonb kin. */
import { dbError } from '../../errors/db-error.ts';
import type { Jsonb } from '../../types/jsonb.ts';
import { PgRecord } from '../../types/pg-record.ts';
import type { Value } from '../../types/value.ts';
import { OID } from '../../types/type.ts';
import { scalar, table } from '../define.ts';
import type {
  CallInfo,
  EvalContext,
  FunctionColumn,
  ScalarFunction,
  TableFunction,
} from '../function.ts';
import { jsonItem, type JsonItem } from './json-item.ts';
import { fieldValues, requireObject, typesAndNames } from './record-fields.ts';

function invalid(message: string): Error {
  return dbError('invalid_parameter_value', message);
}

/** The fields of the result: those of its row type or definition list, else of the record given. */
function resultColumns(call: CallInfo, base: Value, name: string): readonly FunctionColumn[] {
  if (call.columnDefinitions !== undefined) return call.columnDefinitions;
  if (base instanceof PgRecord) {
    return base.types.map((type, i) => ({ name: base.names[i] ?? `f${i + 1}`, type }));
  }
  if (call.returnType.oid === OID.record) throw undeterminedRow(name);
  throw dbError('datatype_mismatch', `first argument of ${name} must be a row type`);
}

function undeterminedRow(name: string): Error {
  return dbError('feature_not_supported', {
    message: `could not determine row type for result of ${name}`,
    hint: 'Provide a non-null record argument, or call the function in the FROM clause using a column definition list.',
  });
}

function baseValues(base: Value): readonly Value[] | undefined {
  return base instanceof PgRecord ? base.values : undefined;
}

function populate(base: Value, json: Value, name: string, context: EvalContext, call: CallInfo) {
  if (json === null) return base;
  const item = jsonItem(json as string | Jsonb);
  requireObject(item);
  const columns = resultColumns(call, base, name);
  const { types, names } = typesAndNames(columns);
  return new PgRecord(types, names, fieldValues(item, columns, baseValues(base), context));
}

/** The objects of an array; all are looked at before the first is taken. */
function objects(json: string | Jsonb, name: string): Iterable<JsonItem> {
  const item = jsonItem(json);
  if (item.kind !== 'array') {
    const isText = typeof json === 'string';
    const other = item.kind === 'object' ? 'an object' : 'a scalar';
    throw invalid(`cannot call ${name} on ${isText ? other : 'a non-array'}`);
  }
  for (const { kind } of item.items()) {
    if (kind !== 'object') throw invalid(`argument of ${name} must be an array of objects`);
  }
  return item.items();
}

/** A row of each object, made one after the other. */
function* rows(
  items: Iterable<JsonItem>,
  fields: readonly FunctionColumn[],
  base: readonly Value[] | undefined,
  context: EvalContext,
): Generator<readonly Value[], void, void> {
  for (const item of items) yield fieldValues(item, fields, base, context);
}

const columns = (call: CallInfo) => call.columnDefinitions ?? [];

/** What the query defines; a call outside of FROM can define nothing. */
function definedColumns(call: CallInfo, name: string): readonly FunctionColumn[] {
  if (call.columnDefinitions === undefined) throw undeterminedRow(name);
  return call.columnDefinitions;
}

function recordFunctions(type: 'json' | 'jsonb'): {
  readonly scalars: readonly ScalarFunction[];
  readonly tables: readonly TableFunction[];
} {
  // json has a third argument, which once chose how nested values are read and is ignored.
  const isText = type === 'json';
  const args = isText ? 'anyelement, json, bool' : 'anyelement, jsonb';
  const argNames = ['base', 'from_json', 'use_json_as_text'];
  const optional = isText ? { optionalArgs: 1, argNames } : {};
  const record = `${type}_populate_record`;
  const recordset = `${type}_populate_recordset`;
  const toRecord = `${type}_to_record`;
  const toRecordset = `${type}_to_recordset`;
  const populateRecord = scalar(`${record}(${args}) anyelement`, () => null, {
    strict: false,
    volatility: 'stable',
  });
  const populateRecordset = table(
    `${recordset}(${args}) anyelement`,
    ([base, json], context, call) => {
      if (json === null) return [];
      const fields = resultColumns(call, base, recordset);
      return rows(objects(json as string | Jsonb, recordset), fields, baseValues(base), context);
    },
    { columns, strict: false, volatility: 'stable' },
  );
  return {
    scalars: [
      {
        ...populateRecord,
        ...optional,
        evaluate: ([base, json], context, call) => populate(base, json, record, context, call),
      },
    ],
    tables: [
      { ...populateRecordset, ...optional },
      toRecordFunction(toRecord, type),
      table(
        `${toRecordset}(${type}) record`,
        ([json], context, call) => {
          const fields = definedColumns(call, toRecordset);
          return rows(objects(json as string | Jsonb, toRecordset), fields, undefined, context);
        },
        { columns, volatility: 'stable' },
      ),
    ],
  };
}

/** json_to_record gives one row, also where the document is NULL: then its fields are NULL. */
function toRecordFunction(name: string, type: 'json' | 'jsonb'): TableFunction {
  const fn = table(
    `${name}(${type}) record`,
    ([json], context, call) => {
      const fields = definedColumns(call, name);
      if (json === null) return [fields.map(() => null)];
      const item = jsonItem(json as string | Jsonb);
      requireObject(item);
      return [fieldValues(item, fields, undefined, context)];
    },
    { columns, strict: false, volatility: 'stable' },
  );
  return { ...fn, returnsSet: false };
}

const json = recordFunctions('json');
const jsonb = recordFunctions('jsonb');

export const jsonRecordFunctions: readonly ScalarFunction[] = [...json.scalars, ...jsonb.scalars];
export const jsonRecordTableFunctions: readonly TableFunction[] = [...json.tables, ...jsonb.tables];
