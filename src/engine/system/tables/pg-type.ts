/** pg_type and pg_range: built-in types, row types and the arrays over them. */
import { PG_CATALOG_SCHEMA_OID, type ReadableRelation } from '../../../catalog/catalog.ts';
import { allTypes } from '../../../types/type-table.ts';
import type { Oid, TypeInfo } from '../../../types/type.ts';
import {
  ARRAY_FUNCTIONS,
  RECORD_FUNCTIONS,
  typeFunctions,
  type TypeFunctions,
} from '../type-facts.ts';
import {
  catalogTable,
  versionedTable,
  factLines,
  fixedRows,
  perObject,
  type Row,
} from '../virtual-table.ts';

type TypeRow = Pick<
  TypeInfo,
  | 'oid'
  | 'name'
  | 'length'
  | 'byValue'
  | 'kind'
  | 'category'
  | 'preferred'
  | 'delimiter'
  | 'element'
  | 'array'
  | 'alignment'
  | 'storage'
> & { readonly schema: Oid; readonly owner: Oid; readonly relation: Oid };

function typeRow(type: TypeRow, functions: TypeFunctions): Row {
  return [
    type.oid,
    type.name,
    type.schema,
    type.owner,
    type.length,
    type.byValue,
    type.kind,
    type.category,
    type.preferred,
    true,
    type.delimiter,
    type.relation,
    functions.subscript,
    type.element,
    type.array,
    functions.input,
    functions.output,
    functions.receive,
    functions.send,
    functions.modifierInput,
    functions.modifierOutput,
    functions.analyze,
    type.alignment,
    type.storage,
    false,
    0,
    -1,
    0,
    functions.collation,
    null,
    null,
    null,
  ];
}

const builtinRows = fixedRows(() =>
  allTypes().map((type) =>
    typeRow(
      { ...type, schema: PG_CATALOG_SCHEMA_OID, owner: 10, relation: 0 },
      typeFunctions(type.oid),
    ),
  ),
);

const ROW_TYPE = {
  length: -1,
  byValue: false,
  preferred: false,
  delimiter: ',',
  alignment: 'd',
  storage: 'x',
} as const;

/** A relation's row type and the array over it; sequences and indexes have none. */
const rowTypeRows = perObject(
  (relation: Exclude<ReadableRelation, { kind: 'sequence' }>): Row[] => {
    const { schema, owner, name, rowType, rowArrayType } = relation;
    const common = { ...ROW_TYPE, schema, owner };
    return [
      typeRow(
        {
          ...common,
          oid: rowType,
          name,
          kind: 'c',
          category: 'C',
          relation: relation.oid,
          element: 0,
          array: rowArrayType,
        },
        RECORD_FUNCTIONS,
      ),
      typeRow(
        {
          ...common,
          oid: rowArrayType,
          name: `_${name}`,
          kind: 'b',
          category: 'A',
          relation: 0,
          element: rowType,
          array: 0,
        },
        ARRAY_FUNCTIONS,
      ),
    ];
  },
);

export const pgType = versionedTable('pg_type', function* (catalog) {
  yield* builtinRows();
  for (const relation of catalog.relations()) {
    if (relation.kind !== 'index' && relation.kind !== 'sequence') yield* rowTypeRows(relation);
  }
});

/** Range type, subtype, multirange type, collation, operator class, canonical and difference functions. */
const RANGES = `
3904 23 4451 0 1978 3914 3922
3906 1700 4532 0 3125 0 3924
3908 1114 4533 0 3128 0 3929
3910 1184 4534 0 3127 0 3930
3912 1082 4535 0 3122 3915 3925
3926 20 4536 0 3124 3928 3923`;

export const pgRange = catalogTable(
  'pg_range',
  fixedRows(() => factLines(RANGES).map((line) => line.map(Number))),
);
