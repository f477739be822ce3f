/**
 * Compiled regular expressions with PostgreSQL's matching rules: the leftmost match; of those the longest
 * or shortest as the expression prefers; inside it earlier parts take their preferred length first.
 */
import { concatNode, type RegexNode } from './ast.ts';
import { ByteForm } from './byte-form.ts';
import { applyRegexOption, parseRegex, type RegexOptions } from './parse.ts';
import { PlainForm } from './plain-form.ts';
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
  /** For UTF-8, where the expression is plain. */
  readonly bytes: ByteForm | undefined;
  readonly #root: RegexNode;
  readonly #isAnchored: boolean;
  readonly #plain: PlainForm | undefined;

  constructor(pattern: string, options: RegexOptions) {
    const { root, groupCount } = parseRegex(pattern, options);
    this.#root = root;
    this.groupCount = groupCount;
    this.#isAnchored = startsAnchored(root);
    // Compiles now, so that a pattern that is too complex fails before any row is read.
    compileProgram(root, false);
    this.#plain = PlainForm.of(root, groupCount);
    if (this.#plain !== undefined && root.kind === 'concat') {
      this.bytes = new ByteForm(root.nodes.slice(1, -1), groupCount);
    }
  }

  test(text: string): boolean {
    const program = compileProgram(this.#root, false);
    return matchesAnywhere(program, new Subject(text), this.#isAnchored);
  }

  /** The matches in a text, one after another. */
  search(text: string): RegexSearch {
    const plain = this.#plain?.takes(text) === true ? this.#plain : undefined;
    const input = { root: this.#root, groupCount: this.groupCount, isAnchored: this.#isAnchored };
    return new RegexSearch(input, new Subject(text), plain && { plain, text });
  }
}

const NO_GROUPS = new Int32Array(0);

interface SearchInput {
  readonly root: RegexNode;
  readonly groupCount: number;
  /** Matches begin with the text. */
  readonly isAnchored: boolean;
}

/** The matches in one text. */
export class RegexSearch {
  readonly subject: Subject;
  readonly #input: SearchInput;
  readonly #plain: { readonly plain: PlainForm; readonly text: string } | undefined;
  #starts: Uint8Array | undefined;

  constructor(
    input: SearchInput,
    subject: Subject,
    plain: { readonly plain: PlainForm; readonly text: string } | undefined,
  ) {
    this.#input = input;
    this.subject = subject;
    this.#plain = plain;
  }

  /** The first match that starts at `from` or later. */
  next(from: number, withGroups: boolean): RegexMatch | undefined {
    const { root, groupCount, isAnchored } = this.#input;
    if (isAnchored && from > 0) return undefined;
    if (this.#plain !== undefined) return this.#plain.plain.match(this.#plain.text);
    const start = isAnchored ? 0 : this.#startFrom(from);
    if (start < 0) return undefined;
    const isShortest = root.prefers === 'short';
    const end = matchEnd(compileProgram(root, false), this.subject, start, isShortest);
    if (end < 0) return undefined;
    if (!withGroups || groupCount === 0) {
      return { start, end, groupStarts: NO_GROUPS, groupEnds: NO_GROUPS };
    }
    const groupStarts = new Int32Array(groupCount + 1).fill(-1);
    const groupEnds = new Int32Array(groupCount + 1).fill(-1);
    const match = { start, end, groupStarts, groupEnds };
    dissect(root, this.subject, start, end, match);
    return match;
  }

  /** Where the first match at `from` or later starts, -1 where there is none. */
  #startFrom(from: number): number {
    const { subject } = this;
    const backward = compileProgram(this.#input.root, true);
    this.#starts ??= reach(backward, subject, undefined, 0, subject.length);
    return this.#starts.indexOf(1, from);
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
  const starts = at(start, subject.length);
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
  const { length } = subject;
  const { parts, tail } = partsOf(nodes);
  // rest[i]: positions from which part i and what follows can reach exactly `end`.
  const rest: Uint8Array[] = Array.from({ length: parts.length + 1 });
  rest[parts.length] = reach(compileProgram(tail, true), subject, at(end, length), start, end);
  const first = parts.findIndex((part) => part.length < 0);
  for (let i = parts.length - 1; i > first && first >= 0; i--) {
    const backward = compileProgram((parts[i] as ConcatPart).node, true);
    rest[i] = reach(backward, subject, rest[i + 1] as Uint8Array, start, end);
  }
  let position = start;
  for (const [i, { node, length: known }] of parts.entries()) {
    let stop = position + known;
    if (known < 0) {
      const ends = reach(compileProgram(node, false), subject, at(position, length), position, end);
      stop = choose(ends, rest[i + 1] as Uint8Array, position, end, node.prefers);
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

function partsOf(nodes: readonly RegexNode[]): ConcatParts {
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
  const { length } = subject;
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
/** The one before: a column's rows mostly have one pattern. */
let last: { readonly pattern: string; readonly flags: string; readonly regex: Regex } | undefined;

/** Compiles a pattern, keeping the last used ones. `flags` has only regular-expression letters. */
export function compileRegex(pattern: string, flags = ''): Regex {
  if (pattern === last?.pattern && flags === last.flags) return last.regex;
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
  last = { pattern, flags, regex };
  return regex;
}
