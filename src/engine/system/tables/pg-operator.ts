/** pg_operator, pg_cast and the catalogs of access methods. */
import { BOOTSTRAP_ROLE_OID, PG_CATALOG_SCHEMA_OID } from '../../../catalog/catalog.ts';
import type { SqlOperator } from '../../../functions/function.ts';
import { builtinRegistry } from '../../../functions/registry.ts';
import { findCast } from '../../../types/cast.ts';
import type { Oid } from '../../../types/type.ts';
import { ACCESS_METHODS, operatorClassFacts } from '../access-methods.ts';
import { CAST_ROWS } from '../facts/casts.ts';
import { catalogTable, factLines, fixedRows, type Row } from '../virtual-table.ts';

/** OIDs of rows of pg_cast and pg_amop, which nothing refers to. */
const FIRST_CAST_OID = 10200;
const FIRST_FAMILY_OPERATOR_OID = 10500;

const BTREE = 403;
const HASH = 405;
/** The strategy of = in btree and in hash families. */
const BTREE_EQUAL = 3;
const HASH_EQUAL = 1;

function operatorOid(name: string | undefined, left: Oid, right: Oid): Oid {
  if (name === undefined) return 0;
  for (const other of builtinRegistry.operators(name)) {
    if (other.left === left && other.right === right) return builtinRegistry.operatorOid(other);
  }
  return 0;
}

function operatorRow(
  operator: SqlOperator,
  mergeable: ReadonlySet<Oid>,
  hashable: ReadonlySet<Oid>,
): Row {
  const { name, left, right, result, fn } = operator;
  const oid = builtinRegistry.operatorOid(operator);
  return [
    oid,
    name,
    PG_CATALOG_SCHEMA_OID,
    BOOTSTRAP_ROLE_OID,
    left === 0 ? 'l' : 'b',
    mergeable.has(oid),
    hashable.has(oid),
    left,
    right,
    result,
    operatorOid(operator.commutator, right, left),
    operatorOid(operator.negator, left, right),
    builtinRegistry.functionOid(fn),
    0,
    0,
  ];
}

export const pgOperator = catalogTable(
  'pg_operator',
  fixedRows(() => {
    const { operators } = operatorClassFacts();
    const equalIn = (method: Oid, strategy: number): ReadonlySet<Oid> =>
      new Set(
        operators
          .filter((item) => item.method === method && item.strategy === strategy)
          .map((item) => item.operator),
      );
    const mergeable = equalIn(BTREE, BTREE_EQUAL);
    const hashable = equalIn(HASH, HASH_EQUAL);
    return [...builtinRegistry.allOperators()].map((operator) =>
      operatorRow(operator, mergeable, hashable),
    );
  }),
);

/** PostgreSQL's casts, as far as we can perform them. */
export const pgCast = catalogTable(
  'pg_cast',
  fixedRows(() => {
    const rows: Row[] = [];
    for (const [i, [source, target, fn, letters]] of factLines(CAST_ROWS).entries()) {
      const [from, to] = [Number(source), Number(target)];
      if (findCast(from, to) === undefined) continue;
      const [context, method] = letters as string;
      rows.push([FIRST_CAST_OID + i, from, to, Number(fn), context as string, method as string]);
    }
    return rows;
  }),
);

export const pgAm = catalogTable(
  'pg_am',
  fixedRows(() => ACCESS_METHODS.map(({ oid, name, handler, kind }) => [oid, name, handler, kind])),
);

export const pgOpfamily = catalogTable(
  'pg_opfamily',
  fixedRows(() =>
    operatorClassFacts().families.map(({ oid, method, name }) => [
      oid,
      method,
      name,
      PG_CATALOG_SCHEMA_OID,
      BOOTSTRAP_ROLE_OID,
    ]),
  ),
);

export const pgOpclass = catalogTable(
  'pg_opclass',
  fixedRows(() =>
    operatorClassFacts().classes.map((item) => [
      item.oid,
      item.method,
      item.name,
      PG_CATALOG_SCHEMA_OID,
      BOOTSTRAP_ROLE_OID,
      item.family,
      item.inputType,
      item.isDefault,
      item.keyType,
    ]),
  ),
);

/** The operators of btree and hash families, as far as we have them. */
export const pgAmop = catalogTable(
  'pg_amop',
  fixedRows(() => {
    const known = new Set(
      [...builtinRegistry.allOperators()].map((op) => builtinRegistry.operatorOid(op)),
    );
    return operatorClassFacts()
      .operators.filter((item) => known.has(item.operator))
      .map((item, i) => [
        FIRST_FAMILY_OPERATOR_OID + i,
        item.family,
        item.left,
        item.right,
        item.strategy,
        's',
        item.operator,
        item.method,
        0,
      ]);
  }),
);
