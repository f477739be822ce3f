/**
 * Bound expressions back to SQL text, in the style of PostgreSQL's ruleutils (not pretty-printed):
 * operators in parentheses, typed constants, explicit casts. pg_get_expr, pg_get_constraintdef and the
 * stored texts of defaults and checks come from here, and tools compare them with PostgreSQL's.
 */
import { quoteIdentifier, quoteLiteral } from '../base/identifier.ts';
import { notSupported } from '../errors/db-error.ts';
import { codecFor } from '../types/codecs.ts';
import type { FormatSettings } from '../types/codec.ts';
import { formatType } from '../types/format-type.ts';
import { OID, type Oid, type SqlType } from '../types/type.ts';
import type { CallExpr, CaseExpr, ConstantExpr, Expr, InListExpr, SubscriptExpr } from './expr.ts';

export interface DeparseNames {
  /** SQL text of a column reference. */
  column(index: number): string;
  readonly format: FormatSettings;
}

/** SQL text of an expression. */
export function deparseExpr(expr: Expr, names: DeparseNames): string {
  const inner = (child: Expr): string => deparseExpr(child, names);
  switch (expr.kind) {
    case 'constant':
      return constantText(expr, names.format);
    case 'column':
      return names.column(expr.index);
    case 'parameter':
      return `$${expr.index + 1}`;
    case 'call':
      return callText(expr, inner);
    case 'cast':
      return expr.form === 'implicit'
        ? inner(expr.arg)
        : castText(inner(expr.arg), expr.arg, expr.type);
    case 'and':
    case 'or':
      return `(${expr.args.map(inner).join(expr.kind === 'and' ? ' AND ' : ' OR ')})`;
    case 'not':
      return `(NOT ${inner(expr.arg)})`;
    case 'is-null':
      return `(${inner(expr.arg)} IS ${expr.negated ? 'NOT ' : ''}NULL)`;
    case 'boolean-test':
      return `(${inner(expr.arg)} IS ${expr.negated ? 'NOT ' : ''}${expr.test.toUpperCase()})`;
    case 'distinct':
      return expr.negated
        ? `(NOT (${inner(expr.left)} IS DISTINCT FROM ${inner(expr.right)}))`
        : `(${inner(expr.left)} IS DISTINCT FROM ${inner(expr.right)})`;
    case 'case':
      return caseText(expr, inner);
    case 'coalesce':
      return `COALESCE(${expr.args.map(inner).join(', ')})`;
    case 'nullif':
      return `NULLIF(${inner(expr.left)}, ${inner(expr.right)})`;
    case 'greatest':
    case 'least':
      return `${expr.kind.toUpperCase()}(${expr.args.map(inner).join(', ')})`;
    case 'array':
      return arrayText(expr.elements.map(inner), expr.type);
    case 'row':
      return `ROW(${expr.fields.map(inner).join(', ')})`;
    case 'in-list':
      return inListText(expr, inner);
    case 'array-op':
      return `(${inner(expr.left)} ${expr.operator} ${expr.quantifier.toUpperCase()} (${inner(expr.array)}))`;
    case 'subscript':
      return subscriptText(expr, inner);
    case 'field':
      return `(${inner(expr.base)}).f${expr.index + 1}`;
    case 'exec-param':
    case 'subquery':
    case 'subplan':
      throw notSupported('a subquery in a stored expression');
  }
}

/** Functions that SQL writes in a form of their own. */
const KEYWORD_CALLS = new Map<string, string>([
  ['current_date', 'CURRENT_DATE'],
  ['current_timestamp', 'CURRENT_TIMESTAMP'],
  ['current_user', 'CURRENT_USER'],
  ['session_user', 'SESSION_USER'],
  ['localtimestamp', 'LOCALTIMESTAMP'],
  ['localtime', 'LOCALTIME'],
  ['current_time', 'CURRENT_TIME'],
]);

function callText(expr: CallExpr, inner: (child: Expr) => string): string {
  const { operator, args } = expr;
  if (operator !== undefined) {
    const texts = args.map((arg, i) => operandText(arg, expr.call.argTypes[i], inner));
    return texts.length === 1
      ? `(${operator} ${texts[0]})`
      : `(${texts[0]} ${operator} ${texts[1]})`;
  }
  const keyword = args.length === 0 ? KEYWORD_CALLS.get(expr.fn.name) : undefined;
  if (keyword !== undefined) return keyword;
  if (expr.fn.name === 'timezone' && args.length === 2) {
    return `(${inner(args[1] as Expr)} AT TIME ZONE ${inner(args[0] as Expr)})`;
  }
  return `${quoteIdentifier(expr.fn.name)}(${args.map(inner).join(', ')})`;
}

/** PostgreSQL shows the implicit varchar-to-text relabelling of an operator's column operand. */
function operandText(arg: Expr, type: SqlType | undefined, inner: (child: Expr) => string): string {
  if (arg.kind === 'cast' && arg.form === 'implicit' && type !== undefined) {
    if (arg.arg.kind === 'constant') return constantTyped(inner(arg.arg), arg.arg, arg.type);
    return `(${inner(arg.arg)})::${formatType(arg.type.oid, arg.type.typmod)}`;
  }
  return inner(arg);
}

function constantTyped(text: string, constant: ConstantExpr, type: SqlType): string {
  return constant.type.oid === type.oid ? text : `(${text})::${formatType(type.oid, type.typmod)}`;
}

function castText(text: string, arg: Expr, type: SqlType): string {
  const name = formatType(type.oid, type.typmod);
  if (arg.kind === 'constant' && arg.value === null) return `NULL::${name}`;
  const plain = arg.kind === 'array' || (/^\(.*\)$/.test(text) && balanced(text));
  return arg.kind === 'constant' || plain ? `${text}::${name}` : `(${text})::${name}`;
}

/** True where the first parenthesis closes at the very end. */
function balanced(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')' && --depth === 0) return i === text.length - 1;
  }
  return false;
}

/** Types whose constants need no cast: the literal alone reads back as the same type. */
const PLAIN_NUMBERS: ReadonlySet<Oid> = new Set<Oid>([OID.int4, OID.numeric]);

function constantText(expr: ConstantExpr, format: FormatSettings): string {
  const typeName = formatType(expr.type.oid, expr.type.typmod);
  if (expr.value === null) return `NULL::${typeName}`;
  if (expr.type.oid === OID.bool) return expr.value === true ? 'true' : 'false';
  const text = codecFor(expr.type.oid).formatText(expr.value, format);
  if (expr.type.oid === OID.int4) return text.startsWith('-') ? `'${text}'::integer` : text;
  if (PLAIN_NUMBERS.has(expr.type.oid) && /^\d+\.\d*$/.test(text)) return text;
  if (expr.type.oid === OID.unknown) return quoteLiteral(text);
  return `${quoteLiteral(text)}::${typeName}`;
}

function caseText(expr: CaseExpr, inner: (child: Expr) => string): string {
  const branches = expr.branches.map(
    ({ when, then }) => `    WHEN ${inner(when)} THEN ${inner(then)}`,
  );
  return ['CASE', ...branches, `    ELSE ${inner(expr.otherwise)}`, 'END'].join('\n');
}

function arrayText(elements: readonly string[], type: SqlType): string {
  const text = `ARRAY[${elements.join(', ')}]`;
  return elements.length === 0 ? `${text}::${formatType(type.oid, -1)}` : text;
}

/** IN is stored as = ANY of an array, NOT IN as <> ALL. */
function inListText(expr: InListExpr, inner: (child: Expr) => string): string {
  const left = operandText(expr.arg, expr.call.argTypes[0], inner);
  const items = expr.items.map((item) => inner(item)).join(', ');
  return expr.negated ? `(${left} <> ALL (ARRAY[${items}]))` : `(${left} = ANY (ARRAY[${items}]))`;
}

function subscriptText(expr: SubscriptExpr, inner: (child: Expr) => string): string {
  const base = expr.base.kind === 'column' ? inner(expr.base) : `(${inner(expr.base)})`;
  const parts = expr.subscripts.map(({ lower, upper, slice }) => {
    const [from, to] = [lower === null ? '' : inner(lower), upper === null ? '' : inner(upper)];
    return slice ? `[${from}:${to}]` : `[${to}]`;
  });
  return base + parts.join('');
}
