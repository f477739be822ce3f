/** information_schema.routines, parameters and routine_privileges: functions as SQL describes them. */
import { BOOTSTRAP_ROLE_OID, type CatalogSnapshot } from '../../../catalog/catalog.ts';
import type { SqlFunction } from '../../../functions/function.ts';
import { builtinRegistry } from '../../../functions/registry.ts';
import { routineFact } from '../routine-facts.ts';
import { dataTypeName, typeNameParts } from '../type-details.ts';
import { rowMaker, type FieldValues, type Row, type VirtualTable } from '../virtual-table.ts';

function routineNames(fn: SqlFunction, catalog: CatalogSnapshot): FieldValues {
  return {
    specific_catalog: catalog.databaseName,
    specific_schema: 'pg_catalog',
    specific_name: `${fn.name}_${builtinRegistry.functionOid(fn)}`,
  };
}

function typeFields(oid: number, prefix: string, catalog: CatalogSnapshot): FieldValues {
  const { schema, name } = typeNameParts(oid, catalog);
  return {
    data_type: dataTypeName(oid),
    [`${prefix}udt_catalog`]: catalog.databaseName,
    [`${prefix}udt_schema`]: schema,
    [`${prefix}udt_name`]: name,
  };
}

const routineFields = rowMaker('information_schema', 'routines');

function routineRow(fn: SqlFunction, catalog: CatalogSnapshot): Row {
  const isPlain = fn.kind === 'scalar' || fn.kind === 'table';
  return routineFields({
    ...routineNames(fn, catalog),
    routine_catalog: catalog.databaseName,
    routine_schema: 'pg_catalog',
    routine_name: fn.name,
    // Aggregates and window functions are not routines in the standard's sense.
    routine_type: isPlain ? 'FUNCTION' : null,
    ...typeFields(fn.returnType, 'type_', catalog),
    dtd_identifier: '0',
    routine_body: 'EXTERNAL',
    routine_definition: isPlain
      ? (routineFact(builtinRegistry.functionOid(fn))?.source ?? fn.name)
      : 'aggregate_dummy',
    external_language: 'INTERNAL',
    parameter_style: 'GENERAL',
    is_deterministic: fn.volatility === 'immutable' ? 'YES' : 'NO',
    sql_data_access: 'MODIFIES',
    is_null_call: isPlain ? (fn.strict ? 'YES' : 'NO') : null,
    schema_level_routine: 'YES',
    max_dynamic_result_sets: 0,
    security_type: 'INVOKER',
    as_locator: 'NO',
    is_udt_dependent: 'NO',
  });
}

export const informationRoutines: VirtualTable = {
  schema: 'information_schema',
  name: 'routines',
  *rows(session) {
    const catalog = session.catalog();
    for (const fn of builtinRegistry.all()) yield routineRow(fn, catalog);
  },
};

const parameterFields = rowMaker('information_schema', 'parameters');

export const informationParameters: VirtualTable = {
  schema: 'information_schema',
  name: 'parameters',
  *rows(session) {
    const catalog = session.catalog();
    for (const fn of builtinRegistry.all()) {
      for (const [i, type] of fn.argTypes.entries()) {
        yield parameterFields({
          ...routineNames(fn, catalog),
          ordinal_position: i + 1,
          parameter_mode: 'IN',
          is_result: 'NO',
          as_locator: 'NO',
          parameter_name: fn.argNames?.[i] ?? null,
          ...typeFields(type, '', catalog),
          dtd_identifier: String(i + 1),
        });
      }
    }
  },
};

const privilegeFields = rowMaker('information_schema', 'routine_privileges');

/** Everybody may call every function. */
export const routinePrivileges: VirtualTable = {
  schema: 'information_schema',
  name: 'routine_privileges',
  *rows(session) {
    const catalog = session.catalog();
    const owner = catalog.role(BOOTSTRAP_ROLE_OID)?.name ?? null;
    for (const fn of builtinRegistry.all()) {
      const common = {
        grantor: owner,
        ...routineNames(fn, catalog),
        routine_catalog: catalog.databaseName,
        routine_schema: 'pg_catalog',
        routine_name: fn.name,
        privilege_type: 'EXECUTE',
      };
      yield privilegeFields({ ...common, grantee: 'PUBLIC', is_grantable: 'NO' });
      yield privilegeFields({ ...common, grantee: owner, is_grantable: 'YES' });
    }
  },
};
