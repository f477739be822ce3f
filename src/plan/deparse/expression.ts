/**
 * Bound expressions back to SQL text, in the style of PostgreSQL's ruleutils: operators in parentheses
 * unless the form is pretty, typed constants, implicit casts of operands and arguments shown.
 */
import { quoteIdentifier } from '../../base/identifier.ts';
import { notSupported } from '../../errors/db-error.ts';
import { nodeAs, type Node } from '../../parse/ast.ts';
import type { FormatSettings } from '../../types/codec.ts';
import { formatType } from '../../types/format-type.ts';
import { OID, sqlType, type SqlType } from '../../types/type.ts';
import type { CallExpr, CaseExpr, CastExpr, ConstantExpr, Expr, SubscriptExpr } from '../expr.ts';
import { bareConstant, constantText } from './constant.ts';
import { INDENT_VARIABLE, type Layout } from './layout.ts';
import { isSimple } from './simple.ts';

export interface DeparseNames {
  /** SQL text of a column reference. */
  column(index: number): string;
  readonly format: FormatSettings;
  /** Leaves out the parentheses that operator precedence makes needless. */
  readonly pretty?: boolean;
  /** Literals in lists show the type that PostgreSQL would have kept for them. */
  readonly showsLiteralTypes?: boolean;
  /** False keeps the text on one line. */
  readonly indents?: boolean;
  /** The syntax that an expression was bound from, where somebody has kept it. */
  syntax?(expr: Expr): Node | undefined;
  /** Writes what only the enclosing query can: aggregates, subqueries. False where it is none. */
  special?(expr: Expr, writer: ExprWriter): boolean;
}

export class ExprWriter {
  readonly out: Layout;
  readonly names: DeparseNames;

  constructor(out: Layout, names: DeparseNames) {
    this.out = out;
    this.names = names;
  }

  /** Writes an expression; `showImplicit` also shows the implicit cast at its top. */
  write(expr: Expr, showImplicit: boolean): void {
    const { out, names } = this;
    if (names.special?.(expr, this) === true) return;
    switch (expr.kind) {
      case 'constant':
        return out.add(constantText(expr, names.format));
      case 'column':
        return out.add(names.column(expr.index));
      case 'parameter':
        return out.add(`$${expr.index + 1}`);
      case 'call':
        return this.#call(expr);
      case 'cast':
        if (expr.form === 'implicit' && !showImplicit) return this.child(expr.arg, false, expr);
        return this.#cast(expr);
      case 'and':
      case 'or':
        return this.#logic(expr.args, expr.kind === 'and' ? ' AND ' : ' OR ', expr);
      case 'not':
        return this.#open(() => {
          out.add('NOT ');
          this.child(expr.arg, false, expr);
        });
      case 'is-null':
        return this.#test(expr.arg, `IS ${expr.negated ? 'NOT ' : ''}NULL`, expr);
      case 'boolean-test':
        return this.#test(
          expr.arg,
          `IS ${expr.negated ? 'NOT ' : ''}${expr.test.toUpperCase()}`,
          expr,
        );
      case 'distinct':
        if (!expr.negated) return this.#binary(expr.left, 'IS DISTINCT FROM', expr.right, expr);
        return this.#open(() => {
          out.add('NOT ');
          this.#binary(expr.left, 'IS DISTINCT FROM', expr.right, expr);
        });
      case 'case':
        return this.#case(expr);
      case 'coalesce':
      case 'greatest':
      case 'least':
        return this.#listed(`${expr.kind.toUpperCase()}(`, expr.args, ')');
      case 'nullif':
        return this.#listed('NULLIF(', [expr.left, expr.right], ')');
      case 'array':
        this.#listed('ARRAY[', expr.elements, ']');
        if (expr.elements.length === 0) out.add(`::${formatType(expr.type.oid, -1)}`);
        return;
      case 'row':
        return this.#listed('ROW(', expr.fields, ')');
      case 'in-list':
        return this.#open(() => {
          this.child(comparedInteger(expr.arg), true, expr);
          out.add(expr.negated ? ' <> ALL (' : ' = ANY (');
          this.#items(
            expr.arg,
            {
              kind: 'array',
              type: sqlType(OID.unknown),
              elements: expr.items,
              multidimensional: false,
            },
            true,
          );
          out.add(')');
        });
      case 'array-op':
        return this.#open(() => {
          this.child(expr.left, true, expr);
          out.add(` ${expr.operator} ${expr.quantifier.toUpperCase()} (`);
          this.#items(expr.left, expr.array, false);
          out.add(')');
        });
      case 'subscript':
        return this.#subscript(expr);
      case 'field':
        out.add('(');
        this.write(expr.base, true);
        return out.add(`).f${expr.index + 1}`);
      case 'exec-param':
      case 'subquery':
      case 'subplan':
        throw notSupported('a subquery in a stored expression');
    }
  }

  /** Writes an operand: the pretty form puts it in parentheses where it needs them. */
  child(expr: Expr, showImplicit: boolean, parent: Expr | 'cast' | undefined): void {
    const hidden = expr.kind === 'cast' && expr.form === 'implicit' && !showImplicit;
    const seen = hidden ? expr.arg : expr;
    const needed = this.names.pretty === true && !isSimple(seen, parent);
    if (needed) this.out.add('(');
    this.write(seen, hidden ? false : showImplicit);
    if (needed) this.out.add(')');
  }

  list(exprs: readonly Expr[]): void {
    exprs.forEach((expr, i) => {
      if (i > 0) this.out.add(', ');
      this.write(expr, true);
    });
  }

  #listed(open: string, exprs: readonly Expr[], close: string): void {
    this.out.add(open);
    this.list(exprs);
    this.out.add(close);
  }

  /** Parentheses that only the plain form has. */
  #open(body: () => void): void {
    if (this.names.pretty !== true) this.out.add('(');
    body();
    if (this.names.pretty !== true) this.out.add(')');
  }

  #binary(left: Expr, operator: string, right: Expr, parent: Expr): void {
    this.#open(() => {
      this.child(left, true, parent);
      this.out.add(` ${operator} `);
      this.child(right, true, parent);
    });
  }

  #test(arg: Expr, test: string, parent: Expr): void {
    this.#open(() => {
      this.child(arg, true, parent);
      this.out.add(` ${test}`);
    });
  }

  #logic(args: readonly Expr[], word: string, parent: Expr): void {
    this.#open(() => {
      args.forEach((arg, i) => {
        if (i > 0) this.out.add(word);
        this.child(arg, false, parent);
      });
    });
  }

  /**
   * The array of IN or ANY. Literals compared with a varchar are varchars that PostgreSQL casts
   * together, although text compares them. A stored text has made the cast of `left` explicit.
   */
  #items(left: Expr, array: Expr, wantsImplicit: boolean): void {
    const { out, names } = this;
    const isVarchar =
      names.showsLiteralTypes === true &&
      left.kind === 'cast' &&
      (left.form === 'implicit' || !wantsImplicit) &&
      left.arg.type.oid === OID.varchar &&
      array.kind === 'array' &&
      array.elements.length > 0 &&
      array.elements.every((item) => item.kind === 'constant' && item.type.oid === OID.text);
    if (!isVarchar || array.kind !== 'array') return this.child(array, true, undefined);
    const varchar = sqlType(OID.varchar);
    if (names.pretty !== true) out.add('(');
    this.#listed(
      'ARRAY[',
      array.elements.map((item) => ({ ...item, type: varchar }) as Expr),
      ']',
    );
    out.add(names.pretty === true ? '::text[]' : ')::text[]');
  }

  #call(expr: CallExpr): void {
    const { out } = this;
    const { operator, args } = expr;
    if (operator !== undefined) {
      if (args.length === 2) {
        return this.#binary(args[0] as Expr, operator, args[1] as Expr, expr);
      }
      return this.#open(() => {
        out.add(`${operator} `);
        this.child(args[0] as Expr, true, expr);
      });
    }
    if (this.#sqlSyntax(expr)) return;
    const [first] = args;
    if (expr.call.variadicArray === true) {
      out.add(`${quoteIdentifier(expr.fn.name)}(`);
      args.forEach((arg, i) => {
        out.add(i === 0 ? '' : ', ');
        if (i === args.length - 1) out.add('VARIADIC ');
        this.write(arg, true);
      });
      return out.add(')');
    }
    if (first === undefined) {
      return out.add(KEYWORD_CALLS.get(expr.fn.name) ?? `${quoteIdentifier(expr.fn.name)}()`);
    }
    if (expr.call.leftOut !== undefined) return this.#optionalCall(expr, expr.call.leftOut);
    this.#listed(`${quoteIdentifier(expr.fn.name)}(`, args, ')');
  }

  /** What stands behind an argument that was left out is named. */
  #optionalCall({ fn, args }: CallExpr, leftOut: readonly number[]): void {
    const { out } = this;
    out.add(`${quoteIdentifier(fn.name)}(`);
    let isFirst = true;
    args.forEach((arg, i) => {
      if (leftOut.includes(i)) return;
      if (!isFirst) out.add(', ');
      isFirst = false;
      if (i > leftOut[0]) out.add(`${quoteIdentifier(fn.argNames?.[i] as string)} => `);
      this.write(arg, true);
    });
    out.add(')');
  }

  /** Calls that SQL has a form of its own for; false for the plain ones. */
  #sqlSyntax(expr: CallExpr): boolean {
    const { out } = this;
    const { args } = expr;
    const [first, second] = args;
    if (first === undefined) return false;
    const written = this.names.syntax?.(expr);
    const call = nodeAs(written, 'FuncCall');
    const isSql = call?.funcformat === 'COERCE_SQL_SYNTAX';
    const maySql = isSql || call === undefined;
    if (expr.fn.name === 'timezone' && args.length === 2 && maySql) {
      out.add('(');
      this.child(second as Expr, true, 'cast');
      out.add(' AT TIME ZONE ');
      this.child(first, true, 'cast');
      out.add(')');
      return true;
    }
    if (expr.fn.name === 'extract' && maySql && first.kind === 'constant') {
      out.add(`EXTRACT(${String(first.value)} FROM `);
      this.write(second as Expr, false);
      out.add(')');
      return true;
    }
    if (!isSql) return false;
    if (expr.fn.name === 'position' && args.length === 2) {
      out.add('POSITION((');
      this.write(second as Expr, false);
      out.add(') IN (');
      this.write(first, false);
      out.add('))');
      return true;
    }
    if (expr.fn.name === 'overlay' && args.length >= 3) {
      out.add('OVERLAY(');
      ['', ' PLACING ', ' FROM ', ' FOR '].forEach((word, i) => {
        const arg = args[i];
        if (arg === undefined) return;
        out.add(word);
        this.write(arg, false);
      });
      out.add(')');
      return true;
    }
    const trim = TRIMS.get(expr.fn.name);
    if (trim !== undefined) {
      out.add(`TRIM(${trim} `);
      if (second !== undefined) this.write(second, false);
      out.add(second === undefined ? 'FROM ' : ' FROM ');
      this.write(first, false);
      out.add(')');
      return true;
    }
    if (expr.fn.name === 'substring' && args.length >= 2) {
      out.add('SUBSTRING(');
      this.write(first, false);
      out.add(' FROM ');
      this.write(second as Expr, false);
      if (args[2] !== undefined) {
        out.add(' FOR ');
        this.write(args[2], false);
      }
      out.add(')');
      return true;
    }
    return false;
  }

  #cast(expr: CastExpr): void {
    const { out, names } = this;
    const type = formatType(expr.type.oid, expr.type.typmod);
    const arg = expr.arg;
    const value = nodeAs(names.syntax?.(expr), 'SQLValueFunction');
    if (value !== undefined && arg.kind === 'call' && KEYWORD_CALLS.has(arg.fn.name)) {
      return out.add(`${KEYWORD_CALLS.get(arg.fn.name)}(${value.typmod ?? 0})`);
    }
    if (isPlainConstant(arg, expr.type)) {
      return out.add(`${bareConstant(arg, names.format)}::${type}`);
    }
    if (names.pretty !== true) out.add('(');
    this.child(arg, false, 'cast');
    out.add(names.pretty === true ? `::${type}` : `)::${type}`);
  }

  #case(expr: CaseExpr): void {
    const { out } = this;
    const space = out.indents ? '' : ' ';
    const isSimpleForm = this.#hasSubject(expr);
    out.keyword('CASE', 0, INDENT_VARIABLE, 0);
    if (isSimpleForm) {
      const [test] = expr.branches.map(({ when }) => when as CallExpr);
      out.add(' ');
      this.write(withoutImplicitCast(test?.args[0] as Expr), true);
    }
    for (const { when, then } of expr.branches) {
      out.add(space);
      out.keyword('WHEN ', 0, 0, 0);
      this.write(isSimpleForm ? ((when as CallExpr).args[1] as Expr) : when, isSimpleForm);
      out.add(' THEN ');
      this.write(then, true);
    }
    out.add(space);
    out.keyword('ELSE ', 0, 0, 0);
    this.write(expr.otherwise, true);
    out.add(space);
    out.keyword('END', -INDENT_VARIABLE, 0, 0);
  }

  /** CASE x WHEN ...: every test compares with the very same operand. */
  #hasSubject(expr: CaseExpr): boolean {
    const subjects = expr.branches.map(({ when }) => {
      if (when.kind !== 'call' || when.operator !== '=') return undefined;
      const [left] = when.args;
      return left === undefined ? undefined : withoutImplicitCast(left);
    });
    if (subjects.includes(undefined)) return false;
    const written = nodeAs(this.names.syntax?.(expr), 'CaseExpr');
    if (written !== undefined) return written.arg !== undefined;
    return subjects.length > 1 && subjects.every((subject) => subject === subjects[0]);
  }

  #subscript(expr: SubscriptExpr): void {
    const { out } = this;
    const isPlain = expr.base.kind === 'column';
    if (!isPlain) out.add('(');
    this.write(expr.base, true);
    if (!isPlain) out.add(')');
    for (const { lower, upper, slice } of expr.subscripts) {
      out.add('[');
      if (lower !== null) this.write(lower, false);
      if (slice) out.add(':');
      if (upper !== null) this.write(upper, false);
      out.add(']');
    }
  }
}

/** PostgreSQL compares integers of different sizes without a cast. */
function comparedInteger(arg: Expr): Expr {
  const isInteger = (type: SqlType): boolean =>
    type.oid === OID.int2 || type.oid === OID.int4 || type.oid === OID.int8;
  if (arg.kind !== 'cast' || arg.form !== 'implicit') return arg;
  return isInteger(arg.type) && isInteger(arg.arg.type) ? arg.arg : arg;
}

function withoutImplicitCast(expr: Expr): Expr {
  return expr.kind === 'cast' && expr.form === 'implicit' ? expr.arg : expr;
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

const TRIMS = new Map<string, string>([
  ['btrim', 'BOTH'],
  ['ltrim', 'LEADING'],
  ['rtrim', 'TRAILING'],
]);

/** A literal of the very type that it is cast to: the cast only adds a length. */
function isPlainConstant(arg: Expr, type: SqlType): arg is ConstantExpr {
  if (arg.kind !== 'constant') return false;
  if (arg.type.oid === OID.unknown || arg.value === null) return true;
  return arg.type.oid === type.oid && arg.type.typmod < 0;
}
