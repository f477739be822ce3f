/** Subscripts of arrays and of jsonb. */
import type { KernelArg } from '../../functions/function.ts';
import type { Expr, SubscriptExpr } from '../../plan/expr.ts';
import type { JsonNode } from '../../types/json-node.ts';
import { Jsonb } from '../../types/jsonb.ts';
import { PgArray } from '../../types/pg-array.ts';
import type { Value } from '../../types/value.ts';
import { byRow } from './construct.ts';
import { argValue, type Compile, type Evaluator } from './evaluator.ts';

export function compileSubscript(expr: SubscriptExpr, compile: Compile): Evaluator {
  const bounds: Expr[] = [];
  const place = (bound: Expr | null): number => (bound === null ? -1 : bounds.push(bound));
  // Positions among the arguments: 0 is the base, -1 a bound that was left out.
  const places = expr.subscripts.map(({ lower, upper }) => ({
    lower: place(lower),
    upper: place(upper),
  }));
  const sliced = expr.subscripts.some((subscript) => subscript.slice);
  const args = [expr.base, ...bounds].map(compile);
  return byRow(expr, args, (values, row) => {
    const base = argValue(values[0], row);
    if (base === null) return null;
    if (base instanceof Jsonb) {
      return jsonbElement(
        base,
        places.map(({ upper }) => argValue(values[upper], row)),
      );
    }
    if (!(base instanceof PgArray)) return null;
    if (!sliced)
      return arrayElement(
        base,
        places.map(({ upper }) => argValue(values[upper], row)),
      );
    return sliceOf(base, expr, places, values, row);
  });
}

function arrayElement(array: PgArray, subscripts: readonly Value[]): Value {
  const { dimensions, lowerBounds } = array;
  if (subscripts.length !== dimensions.length) return null;
  let position = 0;
  for (let i = 0; i < subscripts.length; i++) {
    const subscript = subscripts[i];
    if (subscript === null) return null;
    const offset = Number(subscript) - lowerBounds[i];
    if (offset < 0 || offset >= dimensions[i]) return null;
    position = position * dimensions[i] + offset;
  }
  return array.values[position];
}

/**
 * A slice: its lower bounds become 1. A subscript without a colon stands for [1:n]; dimensions without
 * one are taken whole. NULL for a NULL bound, empty where nothing overlaps.
 */
function sliceOf(
  array: PgArray,
  expr: SubscriptExpr,
  places: readonly { readonly lower: number; readonly upper: number }[],
  args: readonly KernelArg[],
  row: number,
): PgArray | null {
  const { dimensions, lowerBounds, elementType } = array;
  const from: number[] = [];
  const lengths: number[] = [];
  let empty = places.length > dimensions.length;
  for (let i = 0; i < Math.max(dimensions.length, places.length); i++) {
    const first = lowerBounds[i] ?? 1;
    const last = first + (dimensions[i] ?? 0) - 1;
    const place = places[i];
    let low = first;
    let high = last;
    if (place !== undefined) {
      const lower = place.lower < 0 ? undefined : argValue(args[place.lower], row);
      const upper = place.upper < 0 ? undefined : argValue(args[place.upper], row);
      if (lower === null || upper === null) return null;
      if (lower !== undefined) low = Math.max(first, Number(lower));
      else if (!expr.subscripts[i].slice) low = Math.max(first, 1);
      if (upper !== undefined) high = Math.min(last, Number(upper));
    }
    if (low > high) empty = true;
    from.push(low - first);
    lengths.push(high - low + 1);
  }
  if (empty) return new PgArray(elementType, []);
  return new PgArray(elementType, sliceValues(array, from, lengths), lengths);
}

function sliceValues(array: PgArray, from: readonly number[], lengths: readonly number[]): Value[] {
  const values: Value[] = [];
  const visit = (dimension: number, offset: number): void => {
    for (let i = 0; i < lengths[dimension]; i++) {
      const position = offset * array.dimensions[dimension] + from[dimension] + i;
      if (dimension === lengths.length - 1) values.push(array.values[position]);
      else visit(dimension + 1, position);
    }
  };
  visit(0, 0);
  return values;
}

/** document['key'][2]: missing keys and wrong kinds give NULL; negative numbers count from the end. */
function jsonbElement(document: Jsonb, subscripts: readonly Value[]): Value {
  let node: JsonNode = document.root;
  for (const subscript of subscripts) {
    if (subscript === null) return null;
    let next: JsonNode | undefined;
    if (node instanceof Map) {
      next = node.get(String(subscript)) as JsonNode | undefined;
    } else if (Array.isArray(node)) {
      const text = String(subscript);
      const index = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
      next = (node as readonly JsonNode[]).at(Number.isNaN(index) ? Infinity : index);
    }
    if (next === undefined) return null;
    node = next;
  }
  return new Jsonb(node);
}
