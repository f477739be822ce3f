/**
 * DROP ... IF EXISTS of kinds of objects that cannot be made here: there is none to drop, so the
 * statement does what it says. Names of built-in objects are not among them.
 */
import { notSupported } from '../../errors/db-error.ts';
import { nameList, nodeAs, type Node, type NodeBody, type TypeName } from '../../parse/ast.ts';
import type { SessionContext } from '../session-context.ts';
import { columnType } from './column-definition.ts';
import { BUILT_IN_EXTENSIONS } from './extension.ts';
import { findRelation } from './names.ts';

interface MissingKind {
  readonly tag: string;
  /** What the notice calls the object; undefined where something of that name is there. */
  label(session: SessionContext, object: Node): string | undefined;
}

/** `trigger "a" for relation "t"`: the last name is the object's, those before its table's. */
function onTable(kind: string): MissingKind['label'] {
  return (_session, object) => {
    const names = nameList(nodeAs(object, 'List')?.items);
    return `${kind} "${names.at(-1) ?? ''}" for relation "${names.slice(0, -1).join('.')}"`;
  };
}

function routine(kind: string): MissingKind['label'] {
  return (session, object) => {
    const names = nameList(nodeAs(object, 'ObjectWithArgs')?.objname);
    if (session.database.registry.functions(names.at(-1) ?? '').length > 0) return undefined;
    return `${kind} ${names.join('.')}()`;
  };
}

const TYPE: MissingKind['label'] = (session, object) => {
  const typeName = nodeAs(object, 'TypeName') as TypeName;
  try {
    columnType(session, typeName, '');
    return undefined;
  } catch {
    return `type "${nameList(typeName.names).join('.')}"`;
  }
};

const KINDS = new Map<string, MissingKind>([
  ['OBJECT_TRIGGER', { tag: 'DROP TRIGGER', label: onTable('trigger') }],
  ['OBJECT_RULE', { tag: 'DROP RULE', label: onTable('rule') }],
  ['OBJECT_POLICY', { tag: 'DROP POLICY', label: onTable('policy') }],
  ['OBJECT_FUNCTION', { tag: 'DROP FUNCTION', label: routine('function') }],
  ['OBJECT_PROCEDURE', { tag: 'DROP PROCEDURE', label: routine('procedure') }],
  ['OBJECT_AGGREGATE', { tag: 'DROP AGGREGATE', label: routine('aggregate') }],
  ['OBJECT_TYPE', { tag: 'DROP TYPE', label: TYPE }],
  ['OBJECT_DOMAIN', { tag: 'DROP DOMAIN', label: TYPE }],
  ['OBJECT_MATVIEW', { tag: 'DROP MATERIALIZED VIEW', label: relation('materialized view') }],
  ['OBJECT_FOREIGN_TABLE', { tag: 'DROP FOREIGN TABLE', label: relation('foreign table') }],
  ['OBJECT_EXTENSION', { tag: 'DROP EXTENSION', label: extension }],
]);

function relation(kind: string): MissingKind['label'] {
  return (session, object) => {
    const names = nameList(nodeAs(object, 'List')?.items);
    const name = {
      relname: names.at(-1) ?? '',
      ...(names.length > 1 ? { schemaname: names.at(-2) as string } : {}),
    };
    return findRelation(session, name) === undefined ? `${kind} "${name.relname}"` : undefined;
  };
}

function extension(_session: SessionContext, object: Node): string | undefined {
  const name = nodeAs(object, 'String')?.sval ?? '';
  return BUILT_IN_EXTENSIONS.has(name) ? undefined : `extension "${name}"`;
}

export function dropMissing(session: SessionContext, node: NodeBody<'DropStmt'>): string {
  const type = node.removeType ?? '';
  const kind = KINDS.get(type);
  const name = `DROP ${type.replace('OBJECT_', '').replaceAll('_', ' ')}`;
  if (kind === undefined || node.missing_ok !== true) throw notSupported(kind?.tag ?? name);
  const labels = (node.objects ?? []).map((object) => kind.label(session, object));
  if (labels.includes(undefined)) throw notSupported(kind.tag);
  for (const label of labels) session.notice('NOTICE', `${label} does not exist, skipping`);
  return kind.tag;
}
