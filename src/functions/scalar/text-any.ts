/** Text functions over values of any type: ||, concat, format and quoting. */
import { quoteIdentifier, quoteLiteral } from '../../base/identifier.ts';
import { concatBytes } from '../../base/bytes.ts';
import { dbError } from '../../errors/db-error.ts';
import { parseInt32 } from '../../types/int.ts';
import { PgArray } from '../../types/pg-array.ts';
import { characterLength } from '../../types/text.ts';
import type { Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { operator, scalar, scalarVariadic } from '../define.ts';
import type { CallInfo, EvalContext, ScalarFunction, SqlOperator } from '../function.ts';
import { castText, outputText } from './output.ts';

/** Types of the arguments that a variadic "any" received, one for each value. */
function restTypes(
  call: CallInfo,
  fixed: number,
  rest: readonly Value[],
  whole: Value,
): readonly Oid[] {
  if (call.variadicArray === true && whole instanceof PgArray) {
    return rest.map(() => whole.elementType);
  }
  return call.argTypes.slice(fixed).map((type) => type.oid);
}

/** The arguments after `fixed` as texts; NULLs stay. */
function restTexts(
  args: readonly Value[],
  fixed: number,
  context: EvalContext,
  call: CallInfo,
): (string | null)[] {
  const whole = args[fixed] as Value;
  const isArray = call.variadicArray === true;
  const rest = isArray ? (whole instanceof PgArray ? whole.values : []) : args.slice(fixed);
  const types = restTypes(call, fixed, rest, whole);
  return rest.map((value, i) =>
    value === null ? null : outputText(types[i] as Oid, value, context),
  );
}

/** VARIADIC NULL: of no array there is nothing to join. */
function isNullArray(args: readonly Value[], fixed: number, call: CallInfo): boolean {
  return call.variadicArray === true && args[fixed] === null;
}

function variadicAny(signature: string, evaluate: ScalarFunction['evaluate']): ScalarFunction {
  const base = scalarVariadic(signature, () => null, { strict: false, volatility: 'stable' });
  return { ...base, evaluate };
}

interface FormatSpec {
  readonly type: string;
  readonly position: number | undefined;
  readonly isLeft: boolean;
  readonly width: number | 'next' | { readonly position: number } | undefined;
  readonly end: number;
}

const SPEC = /^(?:(\d+)\$)?(-*)(?:(\d+)|\*(?:(\d+)\$)?)?/;

function invalidParameter(message: string, hint?: string): Error {
  return dbError('invalid_parameter_value', { message, hint });
}

function readSpec(template: string, at: number): FormatSpec {
  const match = SPEC.exec(template.slice(at)) as RegExpExecArray;
  const [whole, position, minus, width, widthPosition] = match;
  const type = template[at + whole.length];
  if (type === undefined) {
    throw invalidParameter('unterminated format() type specifier', 'For a single "%" use "%%".');
  }
  if (position === '0' || widthPosition === '0') {
    throw invalidParameter('format specifies argument 0, but arguments are numbered from 1');
  }
  if (!'sIL'.includes(type)) {
    throw invalidParameter(
      `unrecognized format() type specifier "${type}"`,
      'For a single "%" use "%%".',
    );
  }
  const star = whole.includes('*');
  return {
    type,
    position: position === undefined ? undefined : Number(position),
    isLeft: minus !== '',
    width: star
      ? widthPosition === undefined
        ? 'next'
        : { position: Number(widthPosition) }
      : width === undefined
        ? undefined
        : Number(width),
    end: at + whole.length + 1,
  };
}

function formatText(template: string, values: readonly (string | null)[]): string {
  let result = '';
  let next = 0;
  const take = (position: number | undefined): string | null => {
    const index = position === undefined ? next : position - 1;
    if (index >= values.length) throw invalidParameter('too few arguments for format()');
    next = index + 1;
    return values[index] as string | null;
  };
  for (let i = 0; i < template.length;) {
    const char = template[i] as string;
    if (char !== '%') {
      result += char;
      i++;
    } else if (template[i + 1] === '%') {
      result += '%';
      i += 2;
    } else {
      const spec = readSpec(template, i + 1);
      let { isLeft } = spec;
      let width = 0;
      if (typeof spec.width === 'number') width = spec.width;
      else if (spec.width !== undefined) {
        const given = take(spec.width === 'next' ? undefined : spec.width.position);
        width = given === null ? 0 : parseInt32(given, 'integer');
      }
      if (width < 0) [isLeft, width] = [true, -width];
      result += padField(convertField(spec.type, take(spec.position)), width, isLeft);
      i = spec.end;
    }
  }
  return result;
}

function convertField(type: string, value: string | null): string {
  if (type === 's') return value ?? '';
  if (type === 'L') return value === null ? 'NULL' : quoteLiteral(value);
  if (value === null) {
    throw dbError('null_value_not_allowed', 'null values cannot be formatted as an SQL identifier');
  }
  return quoteIdentifier(value);
}

function padField(text: string, width: number, isLeft: boolean): string {
  const padding = ' '.repeat(Math.max(width - characterLength(text), 0));
  return isLeft ? text + padding : padding + text;
}

function argType(call: CallInfo, index: number): Oid {
  return (call.argTypes[index] as { oid: Oid }).oid;
}

export const anyTextFunctions: readonly ScalarFunction[] = [
  variadicAny('concat(variadic any) text', (args, context, call) =>
    isNullArray(args, 0, call)
      ? null
      : restTexts(args, 0, context, call)
          .filter((text) => text !== null)
          .join(''),
  ),
  variadicAny('concat_ws(text, variadic any) text', (args, context, call) => {
    if (args[0] === null || isNullArray(args, 1, call)) return null;
    const texts = restTexts(args, 1, context, call).filter((text) => text !== null);
    return texts.join(args[0] as string);
  }),
  variadicAny('format(text, variadic any) text', (args, context, call) =>
    args[0] === null ? null : formatText(args[0] as string, restTexts(args, 1, context, call)),
  ),
  scalar('format(text) text', (template: string) => formatText(template, []), {
    volatility: 'stable',
  }),
  scalar('quote_ident(text) text', quoteIdentifier),
  scalar('quote_literal(text) text', quoteLiteral),
  scalar(
    'quote_literal(anyelement) text',
    (value: NonNullable<Value>, context: EvalContext, call: CallInfo) =>
      quoteLiteral(castText(argType(call, 0), value, context)),
    { volatility: 'stable' },
  ),
  scalar(
    'quote_nullable(text) text',
    (value: string | null) => (value === null ? 'NULL' : quoteLiteral(value)),
    { strict: false },
  ),
  scalar(
    'quote_nullable(anyelement) text',
    (value: Value, context: EvalContext, call: CallInfo) =>
      value === null ? 'NULL' : quoteLiteral(castText(argType(call, 0), value, context)),
    { strict: false, volatility: 'stable' },
  ),
];

export const anyTextOperators: readonly SqlOperator[] = [
  operator('text || text = text', (a: string, b: string) => a + b),
  operator('bytea || bytea = bytea', (a: Uint8Array, b: Uint8Array) => concatBytes([a, b])),
  operator(
    'text || anynonarray = text',
    (a: string, b: NonNullable<Value>, context: EvalContext, call: CallInfo) =>
      a + castText(argType(call, 1), b, context),
    { volatility: 'stable' },
  ),
  operator(
    'anynonarray || text = text',
    (a: NonNullable<Value>, b: string, context: EvalContext, call: CallInfo) =>
      castText(argType(call, 0), a, context) + b,
    { volatility: 'stable' },
  ),
];
