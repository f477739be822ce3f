/**
 * Which of several candidates a call means: PostgreSQL's rules from chapter 10 of its manual, in the
 * order of func_select_candidate. Used for functions and for operators.
 */
import { OID, type Oid } from '../../types/type.ts';
import type { BindContext } from './context.ts';
import { canCoerce } from './coercion-rules.ts';
import { typeFacts } from './types.ts';

export interface Candidate {
  readonly argTypes: readonly Oid[];
}

/** Candidates whose arguments the inputs can be coerced to implicitly. */
export function matchingCandidates<T extends Candidate>(
  context: BindContext,
  inputs: readonly Oid[],
  candidates: readonly T[],
): T[] {
  return candidates.filter((candidate) =>
    canCoerce(context, inputs, candidate.argTypes, 'implicit'),
  );
}

/** The best candidate, or undefined where none is better than all others. */
export function selectCandidate<T extends Candidate>(
  context: BindContext,
  inputs: readonly Oid[],
  matching: readonly T[],
): T | undefined {
  if (matching.length <= 1) return matching[0];
  const categories = inputs.map((oid) =>
    oid === OID.unknown ? 'X' : typeFacts(context, oid).category,
  );
  let candidates = keepBest(matching, (candidate) =>
    count(inputs, (oid, i) => oid !== OID.unknown && candidate.argTypes[i] === oid),
  );
  if (candidates.length === 1) return candidates[0];
  candidates = keepBest(candidates, (candidate) =>
    count(inputs, (oid, i) => {
      if (oid === OID.unknown) return false;
      const target = candidate.argTypes[i];
      return target === oid || isPreferredIn(context, categories[i], target);
    }),
  );
  if (candidates.length === 1) return candidates[0];
  if (!inputs.includes(OID.unknown)) return undefined;
  candidates = resolveUnknowns(context, inputs, candidates);
  if (candidates.length === 1) return candidates[0];
  return lastGasp(context, inputs, candidates);
}

function keepBest<T>(candidates: readonly T[], score: (candidate: T) => number): T[] {
  let best = 0;
  let kept: T[] = [];
  for (const candidate of candidates) {
    const value = score(candidate);
    if (value > best || kept.length === 0) {
      best = value;
      kept = [candidate];
    } else if (value === best) kept.push(candidate);
  }
  return kept;
}

function count(inputs: readonly Oid[], test: (oid: Oid, i: number) => boolean): number {
  let n = 0;
  for (let i = 0; i < inputs.length; i++) if (test(inputs[i], i)) n++;
  return n;
}

function isPreferredIn(context: BindContext, category: string, oid: Oid): boolean {
  const facts = typeFacts(context, oid);
  return facts.category === category && facts.preferred;
}

/** Unknown literals take the category that candidates agree on, strings winning. */
function resolveUnknowns<T extends Candidate>(
  context: BindContext,
  inputs: readonly Oid[],
  candidates: readonly T[],
): T[] {
  const slots: ({ category: string; preferred: boolean } | null)[] = [];
  for (let i = 0; i < inputs.length; i++) {
    if (inputs[i] !== OID.unknown) {
      slots.push(null);
      continue;
    }
    const slot = slotCategory(context, candidates, i);
    if (slot === undefined) return candidates.slice();
    slots.push(slot);
  }
  const agreed = candidates.filter((candidate) =>
    slots.every((slot, i) => {
      if (slot === null) return true;
      const facts = typeFacts(context, candidate.argTypes[i]);
      return facts.category === slot.category && (!slot.preferred || facts.preferred);
    }),
  );
  return agreed.length > 0 ? agreed : candidates.slice();
}

function slotCategory(
  context: BindContext,
  candidates: readonly Candidate[],
  i: number,
): { category: string; preferred: boolean } | undefined {
  let category: string | undefined;
  let preferred = false;
  let conflict = false;
  for (const candidate of candidates) {
    const facts = typeFacts(context, candidate.argTypes[i]);
    if (category === undefined) {
      category = facts.category;
      preferred = facts.preferred;
    } else if (facts.category === category) preferred ||= facts.preferred;
    else if (facts.category === 'S') {
      category = 'S';
      preferred = facts.preferred;
      conflict = false;
    } else if (category !== 'S') conflict = true;
  }
  return conflict || category === undefined ? undefined : { category, preferred };
}

/** All known inputs of one type: assume the unknown ones have it too. */
function lastGasp<T extends Candidate>(
  context: BindContext,
  inputs: readonly Oid[],
  candidates: readonly T[],
): T | undefined {
  const known = new Set(inputs.filter((oid) => oid !== OID.unknown));
  if (known.size !== 1) return undefined;
  const [type] = known;
  const guess = inputs.map(() => type);
  const fitting = candidates.filter((candidate) =>
    canCoerce(context, guess, candidate.argTypes, 'implicit'),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}
