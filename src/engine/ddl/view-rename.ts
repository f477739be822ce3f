/** Rewrites the names in a view's text after a rename. The caller checks that the meaning is the same. */
import type { CatalogSnapshot, ViewDescriptor } from '../../catalog/catalog.ts';
import { quoteIdentifier } from '../../base/identifier.ts';
import { nameList, nodeAs, type Node } from '../../parse/ast.ts';
import { storedStatements } from '../../parse/stored-texts.ts';
import { OffsetReader } from '../../parse/position.ts';
import type { Oid } from '../../types/type.ts';

/** What was renamed: a relation (name or schema), a schema, or a column of a relation. */
export type Renaming =
  | { readonly kind: 'relation'; readonly oid: Oid; readonly name: string; readonly schema: string }
  | { readonly kind: 'schema'; readonly from: string; readonly to: string }
  | { readonly kind: 'column'; readonly oid: Oid; readonly from: string; readonly to: string };

/** A piece of text to put in place of another. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The view's text with the new names, undefined where nothing in it is affected. */
export function renamedViewSql(
  before: CatalogSnapshot,
  view: ViewDescriptor,
  renaming: Renaming,
): string | undefined {
  const [statement] = storedStatements(view.sql);
  if (statement === undefined) return undefined;
  const edits: Edit[] = [];
  // Names are mostly visited in the order of the text: one reader goes through it once.
  const names = { sql: view.sql, offsets: new OffsetReader(view.sql) };
  visitTree(statement.node, (node) => {
    if (renaming.kind === 'column') columnEdits(names, node, renaming, edits);
    else relationEdit(before, view, names, node, renaming, edits);
  });
  return edits.length === 0 ? undefined : applyEdits(view.sql, edits);
}

export function applyEdits(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  return parts.join('') + text.slice(at);
}

/** Shows every object of a syntax tree. */
export function visitTree(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visitTree(item, see);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  see(value as Node);
  for (const child of Object.values(value)) visitTree(child, see);
}

const NAME =
  /(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)(?:\s*\.\s*(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*))*/uy;

/** A text, and where in it the tree's locations are. */
interface Names {
  readonly sql: string;
  readonly offsets: OffsetReader;
}

/** Where the dotted name at a location ends. */
export function nameEnd(sql: string, start: number): number | undefined {
  NAME.lastIndex = start;
  return NAME.exec(sql) === null ? undefined : NAME.lastIndex;
}

function relationEdit(
  before: CatalogSnapshot,
  view: ViewDescriptor,
  { sql, offsets }: Names,
  node: Node,
  renaming: Exclude<Renaming, { kind: 'column' }>,
  edits: Edit[],
): void {
  const range = nodeAs(node, 'RangeVar');
  if (range?.location === undefined || range.relname === undefined) return;
  const found = findIn(before, view, range.schemaname, range.relname);
  if (found === undefined) return;
  let qualified: string;
  if (renaming.kind === 'relation') {
    if (found.oid !== renaming.oid) return;
    qualified = `${quoteIdentifier(renaming.schema)}.${quoteIdentifier(renaming.name)}`;
  } else {
    if (found.schema !== renaming.from) return;
    qualified = `${quoteIdentifier(renaming.to)}.${quoteIdentifier(range.relname)}`;
  }
  const start = offsets.unit(range.location);
  const end = nameEnd(sql, start);
  if (end === undefined) return;
  // Columns are qualified with the old name all over the query: it stays as the alias.
  const alias =
    range.alias === undefined && renaming.kind === 'relation'
      ? ` AS ${quoteIdentifier(range.relname)}`
      : '';
  edits.push({ start, end, text: qualified + alias });
}

function findIn(
  catalog: CatalogSnapshot,
  view: ViewDescriptor,
  schemaName: string | undefined,
  name: string,
): { readonly oid: Oid; readonly schema: string } | undefined {
  const path = schemaName === undefined ? view.searchPath : [schemaName];
  for (const candidate of path) {
    const schema = catalog.schemaByName(candidate);
    const relation = schema === undefined ? undefined : catalog.relationByName(schema.oid, name);
    if (relation !== undefined) return { oid: relation.oid, schema: candidate };
  }
  return undefined;
}

/** Every reference to a column of that name; a result column keeps its old name. */
function columnEdits(
  { sql, offsets }: Names,
  node: Node,
  renaming: Extract<Renaming, { kind: 'column' }>,
  edits: Edit[],
): void {
  const target = nodeAs(node, 'ResTarget');
  const targetColumn = nodeAs(target?.val, 'ColumnRef');
  if (target !== undefined && targetColumn !== undefined && target.name === undefined) {
    if (
      nameList(targetColumn.fields).at(-1) === renaming.from &&
      targetColumn.location !== undefined
    ) {
      const end = nameEnd(sql, offsets.unit(targetColumn.location));
      if (end !== undefined)
        edits.push({ start: end, end, text: ` AS ${quoteIdentifier(renaming.from)}` });
    }
  }
  const reference = nodeAs(node, 'ColumnRef');
  if (reference?.location === undefined) return;
  const names = nameList(reference.fields);
  if (names.at(-1) !== renaming.from || names.length !== (reference.fields ?? []).length) return;
  const start = offsets.unit(reference.location);
  const end = nameEnd(sql, start);
  if (end === undefined) return;
  const text = [...names.slice(0, -1), renaming.to].map(quoteIdentifier).join('.');
  edits.push({ start, end, text });
}
