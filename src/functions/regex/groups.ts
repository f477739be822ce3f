/**
 * Where the groups of a match lie. Earlier parts take their preferred length first; a part may end where it can
 * and where what follows can go on to the end.
 */
import { concatNode, type RegexNode } from './ast.ts';
import { compileProgram, reach, wantedEnd, type Subject } from './program.ts';

/** Start and end of a match and of its groups, in characters; -1 for a group that took no part. */
export interface RegexMatch {
  readonly start: number;
  readonly end: number;
  /** starts[k], ends[k] belong to group k; index 0 is unused. */
  readonly groupStarts: Int32Array;
  readonly groupEnds: Int32Array;
}

/** Finds where the groups inside `node` lie, given that it matches exactly [start, end]. */
export function dissect(
  node: RegexNode,
  subject: Subject,
  start: number,
  end: number,
  match: RegexMatch,
): void {
  if (!node.captures) return;
  switch (node.kind) {
    case 'group':
      match.groupStarts[node.index] = start;
      match.groupEnds[node.index] = end;
      dissect(node.node, subject, start, end, match);
      return;
    case 'concat':
      dissectConcat(node.nodes, subject, start, end, match);
      return;
    case 'alternatives':
      forgetGroups(node, match);
      for (const branch of node.nodes) {
        if (!spans(branch, subject, start, end)) continue;
        dissect(branch, subject, start, end, match);
        return;
      }
      return;
    case 'optional':
      if (spans(node.node, subject, start, end)) {
        dissect(node.node, subject, start, end, match);
      }
      return;
    case 'star':
      dissectStar(node, subject, start, end, match);
      return;
    default:
  }
}

/** A new iteration or branch forgets what earlier ones captured. */
export function forgetGroups(node: RegexNode, match: RegexMatch): void {
  if (!node.captures) return;
  if (node.kind === 'group') {
    match.groupStarts[node.index] = -1;
    match.groupEnds[node.index] = -1;
  }
  if ('nodes' in node) for (const child of node.nodes) forgetGroups(child, match);
  else if ('node' in node) forgetGroups(node.node, match);
}

/** Marks of [start, end], of which one is set. */
export function at(position: number, start: number, end: number): Uint8Array {
  const marks = new Uint8Array(end - start + 1);
  marks[position - start] = 1;
  return marks;
}

function spans(node: RegexNode, subject: Subject, start: number, end: number): boolean {
  const starts = at(start, start, end);
  const reached = reach(compileProgram(node, false), subject, starts, start, end);
  return reached[end - start] === 1;
}

function dissectConcat(
  nodes: readonly RegexNode[],
  subject: Subject,
  start: number,
  end: number,
  match: RegexMatch,
): void {
  const { parts, tail } = partsOf(nodes);
  // rest[i]: positions from which part i and what follows can reach exactly `end`.
  const rest: Uint8Array[] = Array.from({ length: parts.length + 1 });
  const atEnd = at(end, start, end);
  rest[parts.length] = reach(compileProgram(tail, true), subject, atEnd, start, end);
  const first = parts.findIndex((part) => part.length < 0);
  for (let i = parts.length - 1; i > first && first >= 0; i--) {
    const backward = compileProgram(parts[i].node, true);
    rest[i] = reach(backward, subject, rest[i + 1] as Uint8Array, start, end);
  }
  let position = start;
  for (const [i, { node, length: known }] of parts.entries()) {
    let stop = position + known;
    if (known < 0) {
      const isShortest = node.prefers === 'short';
      const marks = rest[i + 1] as Uint8Array;
      const wanted = { marks, low: start, from: position, to: end, isShortest };
      stop = wantedEnd(compileProgram(node, false), subject, position, wanted);
      if (stop < 0) return;
    }
    dissect(node, subject, position, stop, match);
    position = stop;
  }
}

/** A part of a concatenation; what has one length is taken together, as far as it captures nothing. */
interface ConcatPart {
  readonly node: RegexNode;
  /** Characters that it matches, -1 where that depends. */
  readonly length: number;
}

interface ConcatParts {
  /** Up to the last one that captures. */
  readonly parts: readonly ConcatPart[];
  readonly tail: RegexNode;
}

const PARTS = new WeakMap<readonly RegexNode[], ConcatParts>();

export function partsOf(nodes: readonly RegexNode[]): ConcatParts {
  const known = PARTS.get(nodes);
  if (known !== undefined) return known;
  const behind = nodes.findLastIndex((node) => node.captures) + 1;
  const parts: ConcatPart[] = [];
  for (const node of nodes.slice(0, behind)) {
    const length = lengthOf(node);
    const before = parts.at(-1);
    if (
      before === undefined ||
      before.length < 0 ||
      length < 0 ||
      before.node.captures ||
      node.captures
    ) {
      parts.push({ node, length });
    } else {
      const joined = concatNode([before.node, node]);
      parts[parts.length - 1] = { node: joined, length: before.length + length };
    }
  }
  const made = { parts, tail: concatNode(nodes.slice(behind)) };
  PARTS.set(nodes, made);
  return made;
}

/** Characters of every match of a node, -1 where they differ. */
function lengthOf(node: RegexNode): number {
  switch (node.kind) {
    case 'empty':
    case 'assert':
    case 'look':
      return 0;
    case 'set':
      return 1;
    case 'group':
      return lengthOf(node.node);
    case 'concat': {
      const lengths = node.nodes.map(lengthOf);
      return lengths.includes(-1) ? -1 : lengths.reduce((sum, length) => sum + length, 0);
    }
    case 'alternatives': {
      const [first = -1, ...others] = node.nodes.map(lengthOf);
      return others.every((length) => length === first) ? first : -1;
    }
    case 'optional':
    case 'star':
      return -1;
  }
}

function dissectStar(
  node: Extract<RegexNode, { kind: 'star' }>,
  subject: Subject,
  start: number,
  end: number,
  match: RegexMatch,
): void {
  if (start === end) {
    // Over nothing, PostgreSQL still makes one empty iteration where the body allows it.
    if (spans(node.node, subject, start, end)) {
      dissect(node.node, subject, start, end, match);
    }
    return;
  }
  const atEnd = at(end, start, end);
  const rest = reach(compileProgram(node, true), subject, atEnd, start, end);
  let position = start;
  const forward = compileProgram(node.node, false);
  const isShortest = node.prefers === 'short';
  while (position < end) {
    const wanted = { marks: rest, low: start, from: position + 1, to: end, isShortest };
    const stop = wantedEnd(forward, subject, position, wanted);
    if (stop < 0) return;
    forgetGroups(node.node, match);
    dissect(node.node, subject, position, stop, match);
    position = stop;
  }
}
