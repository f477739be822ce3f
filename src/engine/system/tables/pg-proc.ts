/** pg_proc and pg_aggregate: every function, from the registry that calls are resolved against. */
import { BOOTSTRAP_ROLE_OID, PG_CATALOG_SCHEMA_OID } from '../../../catalog/catalog.ts';
import type { FunctionRegistry, SqlFunction } from '../../../functions/function.ts';
import { builtinRegistry } from '../../../functions/registry.ts';
import { PgArray } from '../../../types/pg-array.ts';
import { elementTypeOf } from '../../../types/type-table.ts';
import { OID, sqlType, type Oid } from '../../../types/type.ts';
import { routineFact } from '../routine-facts.ts';
import { supportFunctions, type SupportFunction } from '../support-functions.ts';
import { catalogTable, fixedRows, oidVector, type Row } from '../virtual-table.ts';

/** Language `internal`. */
const INTERNAL = 12;

const KIND: Readonly<Record<SqlFunction['kind'], string>> = {
  scalar: 'f',
  aggregate: 'a',
  window: 'w',
  table: 'f',
};

interface ProcFacts {
  readonly oid: Oid;
  readonly name: string;
  readonly cost: number;
  readonly rows: number;
  readonly variadic: Oid;
  readonly kind: string;
  readonly leakproof: boolean;
  readonly strict: boolean;
  readonly returnsSet: boolean;
  readonly volatility: string;
  readonly parallel: string;
  readonly optionalArgs: number;
  readonly returnType: Oid;
  readonly argTypes: readonly Oid[];
  readonly allArgTypes: PgArray | null;
  readonly argModes: PgArray | null;
  readonly argNames: PgArray | null;
  readonly source: string;
}

function procRow(fn: ProcFacts): Row {
  return [
    fn.oid,
    fn.name,
    PG_CATALOG_SCHEMA_OID,
    BOOTSTRAP_ROLE_OID,
    INTERNAL,
    fn.cost,
    fn.rows,
    fn.variadic,
    0,
    fn.kind,
    false,
    fn.leakproof,
    fn.strict,
    fn.returnsSet,
    fn.volatility,
    fn.parallel,
    fn.argTypes.length,
    fn.optionalArgs,
    fn.returnType,
    oidVector(fn.argTypes),
    fn.allArgTypes,
    fn.argModes,
    fn.argNames,
    null,
    null,
    fn.source,
    null,
    null,
    null,
    null,
  ];
}

function supportRow(fn: SupportFunction): Row {
  return procRow({
    ...fn,
    cost: 1,
    rows: 0,
    variadic: 0,
    kind: 'f',
    returnsSet: false,
    optionalArgs: 0,
    allArgTypes: null,
    argModes: null,
    argNames: null,
    source: fn.name,
  });
}

interface OutputColumns {
  readonly types: readonly Oid[];
  readonly names: readonly string[];
}

/** The columns of a function that returns rows, as OUT arguments. */
function outputColumns(fn: SqlFunction): OutputColumns | undefined {
  if (fn.kind !== 'table' || !fn.returnsRecord || fn.returnType !== OID.record) return undefined;
  const call = {
    argTypes: fn.argTypes.map((type) => sqlType(type)),
    returnType: sqlType(fn.returnType),
  };
  const columns = fn.columns(call);
  if (columns.length === 0) return undefined;
  return { types: columns.map(({ type }) => type.oid), names: columns.map(({ name }) => name) };
}

function argumentArrays(fn: SqlFunction): Pick<ProcFacts, 'allArgTypes' | 'argModes' | 'argNames'> {
  const inputModes = fn.argTypes.map((_, i) =>
    fn.variadic === true && i === fn.argTypes.length - 1 ? 'v' : 'i',
  );
  const inputNames = fn.argNames ?? fn.argTypes.map(() => '');
  const output = outputColumns(fn);
  const names = [...inputNames, ...(output?.names ?? [])];
  const argNames = names.some((name) => name !== '') ? new PgArray(OID.text, names) : null;
  if (output === undefined && fn.variadic !== true)
    return { allArgTypes: null, argModes: null, argNames };
  const outputTypes = output?.types ?? [];
  return {
    allArgTypes: new PgArray(OID.oid, [...fn.argTypes, ...outputTypes]),
    argModes: new PgArray(OID.char, [...inputModes, ...outputTypes.map(() => 'o')]),
    argNames,
  };
}

function variadicElement(fn: SqlFunction): Oid {
  if (fn.variadic !== true) return 0;
  const last = fn.argTypes.at(-1) as Oid;
  if (last === OID.any) return OID.any;
  if (last === OID.anyarray) return OID.anyelement;
  return elementTypeOf(last) ?? OID.any;
}

function registryRow(fn: SqlFunction, registry: FunctionRegistry): Row {
  const returnsSet = fn.kind === 'table' && fn.returnsSet;
  const oid = registry.functionOid(fn);
  const fact = routineFact(oid);
  return procRow({
    oid,
    name: fn.name,
    cost: fact?.cost ?? 1,
    rows: fact?.rows ?? (returnsSet ? 1000 : 0),
    variadic: variadicElement(fn),
    kind: KIND[fn.kind],
    leakproof: fact?.leakproof ?? false,
    strict: fn.kind === 'scalar' || fn.kind === 'table' ? fn.strict : false,
    returnsSet,
    volatility: fn.volatility[0] as string,
    parallel: fact?.parallel ?? 's',
    optionalArgs: fn.optionalArgs ?? 0,
    returnType: fn.returnType,
    argTypes: fn.argTypes,
    ...argumentArrays(fn),
    source: fn.kind === 'aggregate' ? 'aggregate_dummy' : (fact?.source ?? fn.name),
  });
}

export const pgProc = catalogTable(
  'pg_proc',
  fixedRows(() => {
    const rows: Row[] = [];
    const taken = new Set<Oid>();
    for (const fn of builtinRegistry.all()) {
      const oid = builtinRegistry.functionOid(fn);
      if (taken.has(oid)) continue;
      taken.add(oid);
      rows.push(registryRow(fn, builtinRegistry));
    }
    for (const fn of supportFunctions()) if (!taken.has(fn.oid)) rows.push(supportRow(fn));
    return rows;
  }),
);

export const pgAggregate = catalogTable(
  'pg_aggregate',
  fixedRows(() => {
    const rows: Row[] = [];
    for (const fn of builtinRegistry.all()) {
      if (fn.kind !== 'aggregate') continue;
      const direct = fn.orderedSetDirectArgs;
      rows.push([
        builtinRegistry.functionOid(fn),
        direct === undefined ? 'n' : 'o',
        direct ?? 0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        false,
        false,
        'r',
        'r',
        0,
        OID.internal,
        0,
        0,
        0,
        null,
        null,
      ]);
    }
    return rows;
  }),
);
