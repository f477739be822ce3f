/** Where the groups of a long match lie: groups.ts in steps. */
import type { Stepped } from '../../base/steps.ts';
import type { RegexNode } from './ast.ts';
import { at, dissect, forgetGroups, partsOf, type RegexMatch } from './groups.ts';
import { compileProgram, type Subject } from './program.ts';
import { reachSteps, SHORT, wantedEndSteps } from './program-steps.ts';

/** Iterations between two yields, each of which reads little at once. */
const STEP_ITERATIONS = 64;

/** What `dissect` does, in steps where the match is long. */
export function* dissectSteps(
  node: RegexNode,
  subject: Subject,
  start: number,
  end: number,
  match: RegexMatch,
): Stepped<void> {
  if (end - start <= SHORT || !node.captures) {
    dissect(node, subject, start, end, match);
    return;
  }
  switch (node.kind) {
    case 'group':
      match.groupStarts[node.index] = start;
      match.groupEnds[node.index] = end;
      yield* dissectSteps(node.node, subject, start, end, match);
      return;
    case 'concat':
      yield* concatSteps(node.nodes, subject, start, end, match);
      return;
    case 'alternatives':
      forgetGroups(node, match);
      for (const branch of node.nodes) {
        if (!(yield* spansSteps(branch, subject, start, end))) continue;
        yield* dissectSteps(branch, subject, start, end, match);
        return;
      }
      return;
    case 'optional':
      if (yield* spansSteps(node.node, subject, start, end)) {
        yield* dissectSteps(node.node, subject, start, end, match);
      }
      return;
    case 'star':
      yield* starSteps(node, subject, start, end, match);
      return;
    default:
  }
}

function* spansSteps(
  node: RegexNode,
  subject: Subject,
  start: number,
  end: number,
): Stepped<boolean> {
  const starts = at(start, start, end);
  const reached = yield* reachSteps(compileProgram(node, false), subject, starts, start, end);
  return reached[end - start] === 1;
}

function* concatSteps(
  nodes: readonly RegexNode[],
  subject: Subject,
  start: number,
  end: number,
  match: RegexMatch,
): Stepped<void> {
  const { parts, tail } = partsOf(nodes);
  // rest[i]: positions from which part i and what follows can reach exactly `end`.
  const rest: Uint8Array[] = Array.from({ length: parts.length + 1 });
  const atEnd = at(end, start, end);
  rest[parts.length] = yield* reachSteps(compileProgram(tail, true), subject, atEnd, start, end);
  const first = parts.findIndex((part) => part.length < 0);
  for (let i = parts.length - 1; i > first && first >= 0; i--) {
    const backward = compileProgram(parts[i].node, true);
    rest[i] = yield* reachSteps(backward, subject, rest[i + 1] as Uint8Array, start, end);
  }
  let position = start;
  for (const [i, { node, length: known }] of parts.entries()) {
    let stop = position + known;
    if (known < 0) {
      const isShortest = node.prefers === 'short';
      const marks = rest[i + 1] as Uint8Array;
      const wanted = { marks, low: start, from: position, to: end, isShortest };
      stop = yield* wantedEndSteps(compileProgram(node, false), subject, position, wanted);
      if (stop < 0) return;
    }
    yield* dissectSteps(node, subject, position, stop, match);
    position = stop;
  }
}

function* starSteps(
  node: Extract<RegexNode, { kind: 'star' }>,
  subject: Subject,
  start: number,
  end: number,
  match: RegexMatch,
): Stepped<void> {
  if (start === end) {
    // Over nothing, PostgreSQL still makes one empty iteration where the body allows it.
    if (yield* spansSteps(node.node, subject, start, end)) {
      yield* dissectSteps(node.node, subject, start, end, match);
    }
    return;
  }
  const atEnd = at(end, start, end);
  const rest = yield* reachSteps(compileProgram(node, true), subject, atEnd, start, end);
  const forward = compileProgram(node.node, false);
  const isShortest = node.prefers === 'short';
  let position = start;
  for (let count = 1; position < end; count++) {
    const wanted = { marks: rest, low: start, from: position + 1, to: end, isShortest };
    const stop = yield* wantedEndSteps(forward, subject, position, wanted);
    if (stop < 0) return;
    forgetGroups(node.node, match);
    yield* dissectSteps(node.node, subject, position, stop, match);
    position = stop;
    if (count % STEP_ITERATIONS === 0) yield;
  }
}
