/** Names of catalog objects as the reg* types read and print them. */
import { PG_CATALOG_SCHEMA_OID, type CatalogSnapshot } from '../catalog/catalog.ts';
import { quoteIdentifier } from '../base/identifier.ts';
import type { RegKind, RegNames } from '../types/codec.ts';
import { formatType } from '../types/format-type.ts';
import { typeByName, typeInfo } from '../types/type-table.ts';
import type { Oid } from '../types/type.ts';
import type { SessionContext } from './session-context.ts';
import { parseQualifiedName } from './qualified-name.ts';
import { supportFunctionByOid, supportFunctionsNamed } from './system/support-functions.ts';
import { typeFromText } from './type-names.ts';

export function regNames(session: SessionContext, catalog: CatalogSnapshot): RegNames {
  return {
    toOid: (kind, name, path) => lookup(session, catalog, kind, name, path),
    toName: (kind, oid) => nameOf(session, catalog, kind, oid),
  };
}

function lookup(
  session: SessionContext,
  catalog: CatalogSnapshot,
  kind: RegKind,
  text: string,
  path: readonly Oid[] = session.lookupPath(),
): Oid | undefined {
  switch (kind) {
    case 'class': {
      const parts = parseQualifiedName(text);
      const name = parts.at(-1) as string;
      if (parts.length > 1) {
        const schema = catalog.schemaByName(parts.at(-2) as string);
        return schema === undefined ? undefined : catalog.relationByName(schema.oid, name)?.oid;
      }
      for (const schema of path) {
        const relation = catalog.relationByName(schema, name);
        if (relation !== undefined) return relation.oid;
      }
      return undefined;
    }
    case 'type':
      return typeFromText(session, catalog, text)?.oid;
    case 'namespace':
      return catalog.schemaByName(parseQualifiedName(text)[0] as string)?.oid;
    case 'role':
      return catalog.roleByName(parseQualifiedName(text)[0] as string)?.oid;
    case 'collation':
      return new Map([
        ['default', 100],
        ['C', 950],
        ['POSIX', 951],
      ]).get(parseQualifiedName(text).at(-1) as string);
    case 'proc':
    case 'procedure':
      return functionOid(session, text);
    case 'oper':
    case 'operator':
      return undefined;
  }
}

/** The same with every relation under its schema: texts that are kept must not depend on search_path. */
export function qualifiedRegNames(names: RegNames, catalog: CatalogSnapshot): RegNames {
  return {
    toOid: names.toOid,
    toName(kind, oid) {
      const relation = kind === 'class' ? catalog.relation(oid) : undefined;
      if (relation === undefined) return names.toName(kind, oid);
      const schema = catalog.schema(relation.schema)?.name ?? 'pg_catalog';
      return `${quoteIdentifier(schema)}.${quoteIdentifier(relation.name)}`;
    },
  };
}

/** `name` or `name(type, type)`. */
function functionOid(session: SessionContext, text: string): Oid | undefined {
  const { registry } = session.database;
  const open = text.indexOf('(');
  const name = parseQualifiedName(open < 0 ? text : text.slice(0, open)).at(-1) as string;
  const candidates = [
    ...registry
      .functions(name)
      .map((fn) => ({ argTypes: fn.argTypes, oid: registry.functionOid(fn) })),
    ...supportFunctionsNamed(name),
  ];
  if (open < 0) return candidates[0]?.oid;
  const types = text
    .slice(open + 1, text.lastIndexOf(')'))
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => typeByName(part)?.oid);
  const found = candidates.find(
    (fn) =>
      fn.argTypes.length === types.length && fn.argTypes.every((type, i) => type === types[i]),
  );
  return found?.oid;
}

function nameOf(
  session: SessionContext,
  catalog: CatalogSnapshot,
  kind: RegKind,
  oid: Oid,
): string | undefined {
  switch (kind) {
    case 'class': {
      const relation = catalog.relation(oid);
      return relation === undefined
        ? undefined
        : qualified(session, catalog, relation.schema, relation.name);
    }
    case 'type': {
      if (typeInfo(oid) !== undefined) return formatType(oid, null);
      const relation = catalog.relationByRowType(oid);
      if (relation === undefined || relation.kind === 'sequence') return undefined;
      const name = qualified(session, catalog, relation.schema, relation.name);
      return oid === relation.rowArrayType ? `${name}[]` : name;
    }
    case 'namespace': {
      const schema = catalog.schema(oid);
      return schema === undefined ? undefined : quoteIdentifier(schema.name);
    }
    case 'role': {
      const role = catalog.role(oid);
      return role === undefined ? undefined : quoteIdentifier(role.name);
    }
    case 'collation':
      return new Map([
        [100, '"default"'],
        [950, '"C"'],
        [951, '"POSIX"'],
      ]).get(oid);
    case 'proc':
      return functionWithOid(session, oid)?.name;
    case 'procedure': {
      const fn = functionWithOid(session, oid);
      return fn === undefined
        ? undefined
        : `${fn.name}(${fn.argTypes.map((type) => formatType(type, null)).join(',')})`;
    }
    case 'oper':
    case 'operator':
      return undefined;
  }
}

function functionWithOid(
  session: SessionContext,
  oid: Oid,
): { readonly name: string; readonly argTypes: readonly Oid[] } | undefined {
  return session.database.registry.functionByOid(oid) ?? supportFunctionByOid(oid);
}

/** Schema-qualified only where the plain name would not find the relation. */
function qualified(
  session: SessionContext,
  catalog: CatalogSnapshot,
  schema: Oid,
  name: string,
): string {
  for (const candidate of session.lookupPath()) {
    if (candidate === schema) return quoteIdentifier(name);
    if (catalog.relationByName(candidate, name) !== undefined) break;
  }
  const schemaName =
    schema === PG_CATALOG_SCHEMA_OID ? 'pg_catalog' : (catalog.schema(schema)?.name ?? '');
  return `${quoteIdentifier(schemaName)}.${quoteIdentifier(name)}`;
}
