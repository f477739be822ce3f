/**
 * Compiled regular expressions with PostgreSQL's matching rules: the leftmost match; of those the longest
 * or shortest as the expression prefers; inside it earlier parts take their preferred length first.
 */
import type { Stepped } from '../../base/steps.ts';
import type { RegexNode } from './ast.ts';
import { ByteForm } from './byte-form.ts';
import { dissect, type RegexMatch } from './groups.ts';
import { dissectSteps } from './groups-steps.ts';
import { applyRegexOption, parseRegex, type RegexOptions } from './parse.ts';
import { PlainForm } from './plain-form.ts';
import { compileProgram, matchEnd, matchesAnywhere, reach, Subject } from './program.ts';
import { matchEndSteps, matchesAnywhereSteps, prepareLooks, reachSteps } from './program-steps.ts';

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

  testSteps(text: string): Stepped<boolean> {
    const program = compileProgram(this.#root, false);
    return matchesAnywhereSteps(program, new Subject(text), this.#isAnchored);
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
    if (!withGroups || groupCount === 0) return withoutGroups(start, end);
    const match = withGroupsOf(groupCount, start, end);
    dissect(root, this.subject, start, end, match);
    return match;
  }

  /** What makes `nextSteps` quick where a match is near. */
  *prepare(): Stepped<void> {
    const { root, isAnchored } = this.#input;
    if (this.#plain !== undefined) return;
    const { subject } = this;
    const backward = compileProgram(root, true);
    yield* prepareLooks(backward, subject);
    if (!isAnchored) {
      this.#starts ??= yield* reachSteps(backward, subject, undefined, 0, subject.length);
    }
  }

  /** The same as `next`, in steps, after `prepare`. */
  *nextSteps(from: number, withGroups: boolean): Stepped<RegexMatch | undefined> {
    const { root, groupCount, isAnchored } = this.#input;
    if (this.#plain !== undefined || (isAnchored && from > 0)) return this.next(from, withGroups);
    const start = isAnchored ? 0 : this.#startFrom(from);
    if (start < 0) return undefined;
    const isShortest = root.prefers === 'short';
    const end = yield* matchEndSteps(compileProgram(root, false), this.subject, start, isShortest);
    if (end < 0) return undefined;
    if (!withGroups || groupCount === 0) return withoutGroups(start, end);
    const match = withGroupsOf(groupCount, start, end);
    yield* dissectSteps(root, this.subject, start, end, match);
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

function withoutGroups(start: number, end: number): RegexMatch {
  return { start, end, groupStarts: NO_GROUPS, groupEnds: NO_GROUPS };
}

function withGroupsOf(groupCount: number, start: number, end: number): RegexMatch {
  const groupStarts = new Int32Array(groupCount + 1).fill(-1);
  const groupEnds = new Int32Array(groupCount + 1).fill(-1);
  return { start, end, groupStarts, groupEnds };
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
