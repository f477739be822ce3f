/**
 * Compiled regular expressions with PostgreSQL's matching rules: the leftmost match; of those the longest
 * or shortest as the expression prefers; inside it earlier parts take their preferred length first.
 */
import type { RegexNode } from './ast.ts';
import { applyRegexOption, parseRegex, type RegexOptions } from './parse.ts';
import { compileProgram, matchEnd, matchesAnywhere, reach, Subject } from './program.ts';

/** Start and end of a match and of its groups, in characters; -1 for a group that took no part. */
export interface RegexMatch {
  readonly start: number;
  readonly end: number;
  /** starts[k], ends[k] belong to group k; index 0 is unused. */
  readonly groupStarts: Int32Array;
  readonly groupEnds: Int32Array;
}

export class Regex {
  readonly groupCount: number;
  readonly #root: RegexNode;
  readonly #isAnchored: boolean;

  constructor(pattern: string, options: RegexOptions) {
    const { root, groupCount } = parseRegex(pattern, options);
    this.#root = root;
    this.groupCount = groupCount;
    this.#isAnchored = startsAnchored(root);
    // Compiles now, so that a pattern that is too complex fails before any row is read.
    compileProgram(root, false);
  }

  test(text: string): boolean {
    const program = compileProgram(this.#root, false);
    return matchesAnywhere(program, new Subject(text), this.#isAnchored);
  }

  /** The matches in a text, one after another. */
  search(text: string): RegexSearch {
    return new RegexSearch(this.#root, this.groupCount, new Subject(text));
  }
}

/** The matches in one text. */
export class RegexSearch {
  readonly subject: Subject;
  readonly #root: RegexNode;
  readonly #groupCount: number;
  #starts: Uint8Array | undefined;

  constructor(root: RegexNode, groupCount: number, subject: Subject) {
    this.#root = root;
    this.#groupCount = groupCount;
    this.subject = subject;
  }

  /** The first match that starts at `from` or later. */
  next(from: number, withGroups: boolean): RegexMatch | undefined {
    const { length } = this.subject.codes;
    this.#starts ??= reach(
      compileProgram(this.#root, true),
      this.subject,
      new Uint8Array(length + 1).fill(1),
      0,
      length,
    );
    const start = this.#starts.indexOf(1, from);
    if (start < 0) return undefined;
    const isShortest = this.#root.prefers === 'short';
    const end = matchEnd(compileProgram(this.#root, false), this.subject, start, isShortest);
    const groupStarts = new Int32Array(this.#groupCount + 1).fill(-1);
    const groupEnds = new Int32Array(this.#groupCount + 1).fill(-1);
    const match = { start, end, groupStarts, groupEnds };
    if (withGroups && this.#groupCount > 0) dissect(this.#root, this.subject, start, end, match);
    return match;
  }
}

/** Finds where the groups inside `node` lie, given that it matches exactly [start, end]. */
function dissect(
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
    case 'alternatives': {
      forgetGroups(node, match);
      const taken = node.nodes.find((branch) => spans(branch, subject, start, end));
      if (taken !== undefined) dissect(taken, subject, start, end, match);
      return;
    }
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
function forgetGroups(node: RegexNode, match: RegexMatch): void {
  if (!node.captures) return;
  if (node.kind === 'group') {
    match.groupStarts[node.index] = -1;
    match.groupEnds[node.index] = -1;
  }
  if ('nodes' in node) for (const child of node.nodes) forgetGroups(child, match);
  else if ('node' in node) forgetGroups(node.node, match);
}

function at(position: number, length: number): Uint8Array {
  const marks = new Uint8Array(length + 1);
  marks[position] = 1;
  return marks;
}

function spans(node: RegexNode, subject: Subject, start: number, end: number): boolean {
  const starts = at(start, subject.codes.length);
  return reach(compileProgram(node, false), subject, starts, start, end)[end] === 1;
}

/** The preferred position in [start, end] that both sets hold, or -1. */
function choose(
  a: Uint8Array,
  b: Uint8Array,
  start: number,
  end: number,
  prefers: RegexNode['prefers'],
): number {
  if (prefers === 'short') {
    for (let k = start; k <= end; k++) if (a[k] === 1 && b[k] === 1) return k;
  } else {
    for (let k = end; k >= start; k--) if (a[k] === 1 && b[k] === 1) return k;
  }
  return -1;
}

function dissectConcat(
  nodes: readonly RegexNode[],
  subject: Subject,
  start: number,
  end: number,
  match: RegexMatch,
): void {
  const { length } = subject.codes;
  // rest[i]: positions from which nodes i and following can reach exactly `end`.
  const rest: Uint8Array[] = Array.from({ length: nodes.length + 1 });
  rest[nodes.length] = at(end, length);
  for (let i = nodes.length - 1; i > 0; i--) {
    const backward = compileProgram(nodes[i] as RegexNode, true);
    rest[i] = reach(backward, subject, rest[i + 1] as Uint8Array, start, end);
  }
  let position = start;
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as RegexNode;
    const ends = reach(compileProgram(node, false), subject, at(position, length), position, end);
    const stop = choose(ends, rest[i + 1] as Uint8Array, position, end, node.prefers);
    if (stop < 0) return;
    dissect(node, subject, position, stop, match);
    position = stop;
  }
}

function dissectStar(
  node: Extract<RegexNode, { kind: 'star' }>,
  subject: Subject,
  start: number,
  end: number,
  match: RegexMatch,
): void {
  const { length } = subject.codes;
  if (start === end) {
    // Over nothing, PostgreSQL still makes one empty iteration where the body allows it.
    if (spans(node.node, subject, start, end)) dissect(node.node, subject, start, end, match);
    return;
  }
  const rest = reach(compileProgram(node, true), subject, at(end, length), start, end);
  let position = start;
  while (position < end) {
    const forward = compileProgram(node.node, false);
    const ends = reach(forward, subject, at(position, length), position, end);
    ends[position] = 0;
    const stop = choose(ends, rest, position + 1, end, node.prefers);
    if (stop < 0) return;
    forgetGroups(node.node, match);
    dissect(node.node, subject, position, stop, match);
    position = stop;
  }
}

function startsAnchored(node: RegexNode): boolean {
  if (node.kind === 'assert') return node.assert === 'text-start';
  if (node.kind === 'group') return startsAnchored(node.node);
  if (node.kind === 'concat') return startsAnchored(node.nodes[0] as RegexNode);
  return node.kind === 'alternatives' && node.nodes.every(startsAnchored);
}

const CACHE_MAX = 200;
const cache = new Map<string, Regex>();

/** Compiles a pattern, keeping the last used ones. `flags` has only regular-expression letters. */
export function compileRegex(pattern: string, flags = ''): Regex {
  const key = `${flags}/${pattern}`;
  let regex = cache.get(key);
  if (regex === undefined) {
    const options: RegexOptions = {
      foldCase: false,
      newlineStops: false,
      newlineAnchors: false,
      expanded: false,
      literal: false,
      extended: false,
    };
    for (const letter of flags) applyRegexOption(letter, options);
    regex = new Regex(pattern, options);
  } else {
    cache.delete(key);
  }
  cache.set(key, regex);
  if (cache.size > CACHE_MAX) cache.delete(cache.keys().next().value as string);
  return regex;
}
