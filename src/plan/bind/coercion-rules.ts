/** Whether one type may become another, and by which conversion. Polymorphic types included. */
import { findCast, type CastContext, type Conversion } from '../../types/cast.ts';
import { OID, type Oid } from '../../types/type.ts';
import type { BindContext } from './context.ts';
import { arrayType, elementType, isArrayType, isComposite, typeFacts } from './types.ts';

export type CoercionContext = CastContext;

export interface CoercionPath {
  readonly convert: Conversion | false;
  /** The conversion to use where the target has a modifier. */
  readonly resize?: Conversion | undefined;
}

const RANK: Record<CoercionContext, number> = { implicit: 0, assignment: 1, explicit: 2 };

const ANY_FAMILY = new Set<Oid>([
  OID.anyelement,
  OID.anyarray,
  OID.anynonarray,
  OID.anycompatible,
  OID.anycompatiblearray,
  3500,
  5079,
  3831,
  5080,
  4537,
  4538,
]);

/** anyelement, anyarray, anycompatible and the like. */
export function isPolymorphic(oid: Oid): boolean {
  return ANY_FAMILY.has(oid);
}

/** How to get from one concrete type to another; undefined where that is not allowed. */
export function findPath(
  context: BindContext,
  source: Oid,
  target: Oid,
  allowed: CoercionContext,
): CoercionPath | undefined {
  if (source === target) return { convert: false, resize: findCast(source, target)?.convert };
  const cast = findCast(source, target);
  if (cast !== undefined) {
    if (RANK[cast.context] > RANK[allowed]) return undefined;
    return { convert: cast.method === 'b' ? false : cast.convert, resize: cast.convert };
  }
  // A row type may stand for record, and a record for a row type where it fits.
  if (target === OID.record && isComposite(context, source)) return { convert: false };
  const isRowArray =
    isArrayType(context, source) && isComposite(context, elementType(context, source));
  if (target === OID.recordArray && isRowArray) return { convert: false };
  return undefined;
}

/** Whether every input can become its target type. Polymorphic targets must also agree. */
export function canCoerce(
  context: BindContext,
  inputs: readonly Oid[],
  targets: readonly Oid[],
  allowed: CoercionContext,
): boolean {
  let polymorphic = false;
  for (let i = 0; i < inputs.length; i++) {
    const target = targets[i];
    if (isPolymorphic(target)) polymorphic = true;
    else if (!canCoerceOne(context, inputs[i], target, allowed)) return false;
  }
  return !polymorphic || resolvePolymorphic(context, inputs, targets) !== undefined;
}

export function canCoerceOne(
  context: BindContext,
  source: Oid,
  target: Oid,
  allowed: CoercionContext,
): boolean {
  if (source === target || target === OID.any || source === OID.unknown) return true;
  if (source === OID.record && isComposite(context, target)) return true;
  return findPath(context, source, target, allowed) !== undefined;
}

export interface PolymorphicMatch {
  /** The target types with every pseudo-type replaced; unknown where nothing fixed it. */
  readonly targets: readonly Oid[];
  /** What anyelement and anycompatible mean here, 0 where the call does not use them. */
  readonly element: Oid;
  readonly compatible: Oid;
}

/** Fits actual types to a polymorphic signature, or answers undefined where they do not agree. */
export function resolvePolymorphic(
  context: BindContext,
  inputs: readonly Oid[],
  targets: readonly Oid[],
): PolymorphicMatch | undefined {
  const element = simpleElement(context, inputs, targets);
  const compatible = compatibleElement(context, inputs, targets);
  if (element === undefined || compatible === undefined) return undefined;
  const usesElement = targets.some((target) => isSimplePolymorphic(target));
  const resolved = targets.map((target) => resolveTarget(context, target, element, compatible));
  if (resolved.includes(-1)) return undefined;
  if (usesElement && targets.includes(OID.anynonarray) && isArrayType(context, element))
    return undefined;
  return { targets: resolved, element, compatible };
}

const isSimplePolymorphic = (oid: Oid): boolean =>
  oid === OID.anyelement || oid === OID.anyarray || oid === OID.anynonarray;

/** Replaces a pseudo-type; -1 where no such type exists (an array over an array). */
export function resolveTarget(
  context: BindContext,
  target: Oid,
  element: Oid,
  compatible: Oid,
): Oid {
  switch (target) {
    case OID.anyelement:
    case OID.anynonarray:
      return element;
    case OID.anycompatible:
    case 5079:
      return compatible;
    case OID.anyarray:
      return element === OID.unknown ? OID.unknown : arrayType(context, element) || -1;
    case OID.anycompatiblearray:
      return compatible === OID.unknown ? OID.unknown : arrayType(context, compatible) || -1;
    default:
      return target;
  }
}

function simpleElement(
  context: BindContext,
  inputs: readonly Oid[],
  targets: readonly Oid[],
): Oid | undefined {
  let element: Oid = OID.unknown;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (!isSimplePolymorphic(targets[i]) || input === OID.unknown) continue;
    let actual = input;
    if (targets[i] === OID.anyarray) {
      if (input === OID.anyarray) continue;
      actual = elementType(context, input);
      if (actual === 0) return undefined;
    }
    if (element !== OID.unknown && element !== actual) return undefined;
    element = actual;
  }
  return element;
}

function compatibleElement(
  context: BindContext,
  inputs: readonly Oid[],
  targets: readonly Oid[],
): Oid | undefined {
  const types: Oid[] = [];
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (targets[i] === OID.anycompatible || targets[i] === 5079) types.push(input);
    else if (targets[i] === OID.anycompatiblearray) {
      if (input === OID.unknown) continue;
      const element = elementType(context, input);
      if (element === 0) return undefined;
      types.push(element);
    }
  }
  if (types.length === 0) return OID.unknown;
  const common = commonTypeOf(context, types);
  if (common === undefined) return undefined;
  // Arrays cannot change their element type here unless the cast is implicit.
  return types.every((type) => canCoerceOne(context, type, common, 'implicit'))
    ? common
    : undefined;
}

/** select_common_type over OIDs alone; unknown becomes text; undefined where they do not match. */
export function commonTypeOf(context: BindContext, types: readonly Oid[]): Oid | undefined {
  const result = tryCommonType(context, types);
  return result.ok ? result.type : undefined;
}

export type CommonType =
  | { readonly ok: true; readonly type: Oid }
  | { readonly ok: false; readonly left: Oid; readonly right: Oid; readonly index: number };

/** PostgreSQL's rule for UNION, CASE, VALUES, ARRAY, GREATEST and IN. */
export function tryCommonType(context: BindContext, types: readonly Oid[]): CommonType {
  let best = types[0] ?? OID.unknown;
  let facts = typeFacts(context, best);
  for (let i = 1; i < types.length; i++) {
    const next = types[i];
    if (next === OID.unknown || next === best) continue;
    const nextFacts = typeFacts(context, next);
    if (best === OID.unknown) {
      best = next;
      facts = nextFacts;
    } else if (nextFacts.category !== facts.category) {
      return { ok: false, left: best, right: next, index: i };
    } else if (
      !facts.preferred &&
      canCoerceOne(context, best, next, 'implicit') &&
      !canCoerceOne(context, next, best, 'implicit')
    ) {
      best = next;
      facts = nextFacts;
    }
  }
  return { ok: true, type: best === OID.unknown ? OID.text : best };
}
