/**
 * Casts: which there are, in which contexts, and how they convert. Beside pg_cast's rows there are the
 * casts that PostgreSQL derives: from unknown literals, through text, and element by element.
 */
import { LongText } from '../base/long-text.ts';
import type { Stepped } from '../base/steps.ts';
import { dbError } from '../errors/db-error.ts';
import { applyTypmod } from './apply-typmod.ts';
import { BUILTIN_CASTS, type CastContext } from './builtin-casts.ts';
import { codecFor, tryCodecFor } from './codecs.ts';
import type { FormatSettings } from './codec.ts';
import { dateTimeCasts } from './datetime/casts.ts';
import { formatType } from './format-type.ts';
import { isHeavy, textPieces, wholeText } from './large-value.ts';
import { PgArray } from './pg-array.ts';
import { elementTypeOf, typeInfo } from './type-table.ts';
import { OID, type Oid } from './type.ts';
import type { Value } from './value.ts';

export type { CastContext } from './builtin-casts.ts';

/** Brings a value into a type, with its modifier applied. */
export interface Conversion {
  (value: NonNullable<Value>, typmod: number, settings: FormatSettings, explicit: boolean): Value;
  /** The same of a large value. */
  readonly inSteps?: SteppedConversion | undefined;
}

export type SteppedConversion = (
  value: NonNullable<Value>,
  typmod: number,
  settings: FormatSettings,
  explicit: boolean,
) => Stepped<Value>;

/** A way from one type to another; the result has the target's modifier applied. */
export interface Cast {
  readonly context: CastContext;
  /** How PostgreSQL performs it: f by function, b without change, i through text, a by elements. */
  readonly method: 'f' | 'b' | 'i' | 'a';
  readonly convert: Conversion;
}

/** The cast between two types, undefined where there is none in any context. */
export function findCast(from: Oid, to: Oid): Cast | undefined {
  const key = from * 4294967296 + to;
  const known = CASTS.get(key);
  if (known !== undefined) return known;
  const derived = deriveCast(from, to);
  // Row types come and go with the catalog; only built-in pairs are kept.
  if (derived !== undefined && typeInfo(from) !== undefined && typeInfo(to) !== undefined) {
    CASTS.set(key, derived);
  }
  return derived;
}

/** Converts a value by a cast that must exist, as CAST(... AS ...) does. */
export function castValue(
  value: Value,
  from: Oid,
  to: Oid,
  typmod: number,
  settings: FormatSettings,
): Value {
  if (value === null) return null;
  const cast = findCast(from, to);
  if (cast === undefined) {
    throw dbError('cannot_coerce', {
      message: `cannot cast type ${formatType(from, null)} to ${formatType(to, null)}`,
    });
  }
  return cast.convert(value, typmod, settings, true);
}

/** Elements converted in one step. */
const STEP_ITEMS = 2048;

const BINARY_PAIRS: readonly (readonly [Oid, Oid])[] = [
  [OID.text, OID.varchar],
  [OID.text, OID.bpchar],
  [OID.varchar, OID.text],
  [OID.varchar, OID.bpchar],
  [OID.pgNodeTree, OID.text],
];

const BINARY: ReadonlySet<number> = new Set(BINARY_PAIRS.map(([a, b]) => a * 4294967296 + b));

const CASTS = new Map<number, Cast>();

loadCasts();

function loadCasts(): void {
  for (const { from, to, context, convert, inSteps } of BUILTIN_CASTS) {
    const key = from * 4294967296 + to;
    const whole: Conversion = (value, typmod, settings, explicit) =>
      applyTypmod(to, convert(value, settings), typmod, explicit);
    CASTS.set(key, {
      context,
      method: BINARY.has(key) ? 'b' : 'f',
      convert:
        inSteps === undefined
          ? whole
          : stepped(whole, function* (value, typmod, settings, explicit) {
              return applyTypmod(to, yield* inSteps(value, settings), typmod, explicit);
            }),
    });
  }
  for (const { from, to, context, convert } of dateTimeCasts) {
    if (from === to) continue;
    CASTS.set(from * 4294967296 + to, { context, method: 'f', convert });
  }
}

function stepped(convert: Conversion, inSteps: SteppedConversion): Conversion {
  return Object.assign(convert, { inSteps });
}

function deriveCast(from: Oid, to: Oid): Cast | undefined {
  if (from === to) return lengthCoercion(to);
  if (from === OID.unknown) return tryCodecFor(to) === undefined ? undefined : literalCast(to);
  return arrayCast(from, to) ?? textCast(from, to);
}

function lengthCoercion(oid: Oid): Cast {
  return {
    context: 'implicit',
    method: 'b',
    convert: (value, typmod, _settings, explicit) => applyTypmod(oid, value, typmod, explicit),
  };
}

/** An untyped literal is read by the target's input function. */
function literalCast(to: Oid): Cast {
  return { context: 'implicit', method: 'i', convert: readAs(to) };
}

function readAs(to: Oid): Conversion {
  const whole: Conversion = (value, typmod, settings, explicit) => {
    // An interval's fields decide how its text is read; all other modifiers only shape the result.
    const inputTypmod = to === OID.interval ? typmod : -1;
    const read = codecFor(to).parseText(value as string, inputTypmod, settings);
    return read === null ? null : applyTypmod(to, read, typmod, explicit);
  };
  const codec = codecFor(to);
  if (codec.parseSteps === undefined) return whole;
  return stepped(whole, function* (value, typmod, settings, explicit) {
    const read = yield* codec.parseSteps!(value as string, -1, settings);
    return read === null ? null : applyTypmod(to, read, typmod, explicit);
  });
}

function arrayCast(from: Oid, to: Oid): Cast | undefined {
  const source = elementTypeOf(from);
  const target = typeInfo(to)?.isArray === true ? elementTypeOf(to) : undefined;
  if (source === undefined || target === undefined) return undefined;
  const element = findCast(source, target);
  if (element === undefined) return undefined;
  return {
    context: element.context,
    method: 'a',
    convert: stepped(
      (value, typmod, settings, explicit) => {
        const { values, dimensions, lowerBounds } = value as PgArray;
        const converted = values.map((item) =>
          item === null ? null : element.convert(item, typmod, settings, explicit),
        );
        return new PgArray(target, converted, dimensions, lowerBounds);
      },
      function* (value, typmod, settings, explicit) {
        const { values, dimensions, lowerBounds } = value as PgArray;
        const converted: Value[] = [];
        const { convert } = element;
        const { inSteps } = convert;
        for (const item of values) {
          if (item === null) converted.push(null);
          else if (inSteps === undefined || !isHeavy(item)) {
            converted.push(convert(item, typmod, settings, explicit));
          } else converted.push(yield* inSteps(item, typmod, settings, explicit));
          if (converted.length % STEP_ITEMS === 0) yield;
        }
        return new PgArray(target, converted, dimensions, lowerBounds);
      },
    ),
  };
}

/** Any type goes to a string type by assignment through its output, and back by an explicit cast. */
function textCast(from: Oid, to: Oid): Cast | undefined {
  if (isString(to)) {
    if (isPseudo(from) || tryCodecFor(from) === undefined) return undefined;
    const readFrom = (
      text: string,
      typmod: number,
      settings: FormatSettings,
      explicit: boolean,
    ): Value => {
      const read = codecFor(to).parseText(text, -1, settings);
      return read === null ? null : applyTypmod(to, read, typmod, explicit);
    };
    return {
      context: 'assignment',
      method: 'i',
      convert: stepped(
        (value, typmod, settings, explicit) =>
          readFrom(wholeText(codecFor(from), value, settings), typmod, settings, explicit),
        function* (value, typmod, settings, explicit) {
          const text = new LongText();
          for (const piece of textPieces(codecFor(from), value, settings)) {
            text.add(piece);
            yield;
          }
          return readFrom(text.toString(), typmod, settings, explicit);
        },
      ),
    };
  }
  if (!isString(from) || isPseudo(to) || tryCodecFor(to) === undefined) return undefined;
  return { context: 'explicit', method: 'i', convert: readAs(to) };
}

function isString(oid: Oid): boolean {
  return typeInfo(oid)?.category === 'S';
}

/** Pseudo-types have no casts through text, save record, which PostgreSQL can print. */
function isPseudo(oid: Oid): boolean {
  return typeInfo(oid)?.kind === 'p' && oid !== OID.record && oid !== OID.recordArray;
}
