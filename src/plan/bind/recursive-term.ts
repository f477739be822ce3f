/** Where the recursive term of a WITH RECURSIVE query may name the query itself. */
import { nodeAs, type RangeVar, type SelectStmt } from '../../parse/ast.ts';
import type { BindContext } from './context.ts';

/** What the reference stands in that forbids it, or null. */
type Place = 'a subquery' | 'an outer join' | 'INTERSECT' | 'EXCEPT' | null;

type Fields = Readonly<Record<string, unknown>>;

/** Throws 42P19 unless the term names the query at most once, and where rows can be added one by one. */
export function checkRecursiveTerm(context: BindContext, name: string, term: SelectStmt): void {
  let references = 0;
  const reference = (range: RangeVar, place: Place): void => {
    const message =
      place !== null
        ? `recursive reference to query "${name}" must not appear within ${place}`
        : `recursive reference to query "${name}" must not appear more than once`;
    references++;
    if (place !== null || references > 1)
      throw context.error('invalid_recursion', message, range.location);
  };
  const visit = (node: unknown, place: Place): void => {
    if (Array.isArray(node)) for (const item of node) visit(item, place);
    else if (typeof node === 'object' && node !== null) visitFields(node as Fields, place);
  };
  const visitFields = (fields: Fields, place: Place): void => {
    const range = nodeAs(fields as never, 'RangeVar');
    if (range !== undefined) {
      if (range.relname === name && range.schemaname === undefined) reference(range, place);
      return;
    }
    if (declares(fields, name)) return;
    for (const [key, value] of Object.entries(fields)) visit(value, placeOf(fields, key, place));
  };
  visitFields(term as unknown as Fields, null);
}

/** The place of a field of a node that itself stands in `place`. */
function placeOf(fields: Fields, key: string, place: Place): Place {
  if (key === 'subselect') return 'a subquery';
  if (key === 'larg' || key === 'rarg') {
    const { jointype, op } = fields;
    if (jointype === 'JOIN_FULL') return 'an outer join';
    if (jointype === (key === 'larg' ? 'JOIN_RIGHT' : 'JOIN_LEFT')) return 'an outer join';
    if (op === 'SETOP_INTERSECT' && fields.all === true) return 'INTERSECT';
    if (op === 'SETOP_EXCEPT' && (key === 'rarg' || fields.all === true)) return 'EXCEPT';
  }
  return place;
}

/** Whether the node has a WITH clause of its own that hides the name. */
function declares(fields: Fields, name: string): boolean {
  const clause = fields.withClause as SelectStmt['withClause'];
  return (clause?.ctes ?? []).some((cte) => nodeAs(cte, 'CommonTableExpr')?.ctename === name);
}
