/** Constants as SQL text that reads back as the same type. */
import { codecFor } from '../../types/codecs.ts';
import type { FormatSettings } from '../../types/codec.ts';
import { formatType } from '../../types/format-type.ts';
import { OID } from '../../types/type.ts';
import type { ConstantExpr } from '../expr.ts';

/** Never E'': backslashes are plain characters in standard strings. */
function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The literal alone, and whether it needs its type after it. */
function literal(expr: ConstantExpr, format: FormatSettings): { text: string; typed: boolean } {
  if (expr.value === null) return { text: 'NULL', typed: true };
  const text = codecFor(expr.type.oid).formatText(expr.value, format);
  switch (expr.type.oid) {
    case OID.bool:
      return { text: expr.value === true ? 'true' : 'false', typed: false };
    case OID.unknown:
      return { text: quoteLiteral(text), typed: false };
    case OID.int4:
      return text.startsWith('-') ? { text: `'${text}'`, typed: true } : { text, typed: false };
    case OID.numeric: {
      // An integer would read back as one.
      const isFloat = /^\d[^eE.]*[eE.]/.test(text);
      return {
        text: isFloat ? text : quoteLiteral(text),
        typed: !isFloat || expr.type.typmod >= 0,
      };
    }
    case OID.bit:
    case OID.varbit:
      return { text: `B'${text}'`, typed: true };
    default:
      return { text: quoteLiteral(text), typed: true };
  }
}

export function constantText(expr: ConstantExpr, format: FormatSettings): string {
  const { text, typed } = literal(expr, format);
  if (!typed || expr.type.oid === OID.unknown) return text;
  return `${text}::${formatType(expr.type.oid, expr.type.typmod)}`;
}

/** Without the type, for a place that names it. */
export function bareConstant(expr: ConstantExpr, format: FormatSettings): string {
  return literal(expr, format).text;
}
