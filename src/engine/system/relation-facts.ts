/** What PostgreSQL's own relations look like: kind and columns, parsed when first asked for. */
import type { ColumnDescriptor } from '../../catalog/catalog.ts';
import { InternalError } from '../../errors/db-error.ts';
import { typeByInternalName } from '../../types/type-table.ts';
import { sqlType, type SqlType } from '../../types/type.ts';
import { RELATION_COLUMNS } from './facts/relation-columns.ts';

export interface RelationFact {
  readonly kind: 'r' | 'v';
  readonly columns: string;
}

let facts: Map<string, RelationFact> | undefined;

/** PostgreSQL's relation of this name in a schema, or undefined where it has none. */
export function relationFact(schema: string, name: string): RelationFact | undefined {
  facts ??= readFacts();
  return facts.get(`${schema}.${name}`);
}

function readFacts(): Map<string, RelationFact> {
  const result = new Map<string, RelationFact>();
  for (const line of RELATION_COLUMNS.trim().split('\n')) {
    const end = line.indexOf(' ', 3);
    const schema = line[0] === 'c' ? 'pg_catalog' : 'information_schema';
    const kind = line[1] as 'r' | 'v';
    result.set(`${schema}.${line.slice(3, end)}`, { kind, columns: line.slice(end + 1) });
  }
  return result;
}

/** Columns written as `name:type` and `name:type!`. */
export function parseColumns(text: string): ColumnDescriptor[] {
  return text.split(' ').map((part, i) => {
    const notNull = part.endsWith('!');
    const [name, type] = (notNull ? part.slice(0, -1) : part).split(':') as [string, string];
    return { attnum: i + 1, name, type: parseType(type), notNull, defaultSql: null, identity: '' };
  });
}

/** An internal type name, a length or precision in parentheses after it where it has one. */
function parseType(text: string): SqlType {
  const open = text.indexOf('(');
  const name = open < 0 ? text : text.slice(0, open);
  const info = typeByInternalName(name);
  if (info === undefined) throw new InternalError(`unknown type ${text} in a system relation`);
  if (open < 0) return sqlType(info.oid);
  const modifier = Number(text.slice(open + 1, -1));
  return sqlType(info.oid, name === 'varchar' ? modifier + 4 : modifier);
}
