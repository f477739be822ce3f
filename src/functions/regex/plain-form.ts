/**
 * Expressions over the whole text (^...$) in a plain row of parts, run by JavaScript's own matcher. Each part
 * has one place at most that varies in length, so taking the parts' preferred lengths one after the other, going
 * back where the rest does not fit, is PostgreSQL's rule as well as JavaScript's. Going back never takes long:
 * where a character may repeat, what follows tells where it stops, or the text ends a fixed way behind. Other
 * expressions, long texts and those with wider characters are for the automaton.
 */
import type { RegexNode } from './ast.ts';
import type { CharSet } from './char-set.ts';
import type { RegexMatch } from './groups.ts';

const LENGTH_MAX = 4096;
/** Each may double the ways to go back to. */
const OPTIONALS_MAX = 4;
/** Characters of a class. */
const NARROW = 256;
const WIDE = /[\u0100-\uffff]/;

export class PlainForm {
  readonly #pattern: RegExp;
  /** The group that each of the pattern's groups is, 0 for what lies between groups. */
  readonly #groups: readonly number[];
  readonly #groupCount: number;

  private constructor(pattern: RegExp, groups: readonly number[], groupCount: number) {
    this.#pattern = pattern;
    this.#groups = groups;
    this.#groupCount = groupCount;
  }

  /** undefined for expressions that are not of the kind. */
  static of(root: RegexNode, groupCount: number): PlainForm | undefined {
    if (root.kind !== 'concat') return undefined;
    const first = root.nodes[0];
    const last = root.nodes.at(-1);
    if (first?.kind !== 'assert' || first.assert !== 'text-start') return undefined;
    if (last?.kind !== 'assert' || last.assert !== 'text-end') return undefined;
    const writer = new Writer();
    for (const node of root.nodes.slice(1, -1)) if (!writer.part(node)) return undefined;
    if (!writer.isQuick) return undefined;
    return new PlainForm(writer.pattern(), writer.groups, groupCount);
  }

  takes(text: string): boolean {
    return text.length <= LENGTH_MAX && !WIDE.test(text);
  }

  /** The match of a text that it takes. */
  match(text: string): RegexMatch | undefined {
    const found = this.#pattern.exec(text);
    if (found === null) return undefined;
    const groupStarts = new Int32Array(this.#groupCount + 1).fill(-1);
    const groupEnds = new Int32Array(this.#groupCount + 1).fill(-1);
    let at = 0;
    for (const [i, group] of this.#groups.entries()) {
      const end = at + (found[i + 1] as string).length;
      if (group > 0) {
        groupStarts[group] = at;
        groupEnds[group] = end;
      }
      at = end;
    }
    return { start: 0, end: text.length, groupStarts, groupEnds };
  }
}

type Element =
  | { readonly kind: 'one' | 'repeated'; readonly set: CharSet }
  | { readonly kind: 'optional' };

class Writer {
  readonly groups: number[] = [];
  readonly #sources: string[] = [];
  readonly #elements: Element[] = [];

  /** True where the part is of the kind. */
  part(node: RegexNode): boolean {
    if (node.kind === 'group') {
      const source = node.node.captures ? undefined : this.#source(node.node);
      if (source === undefined) return false;
      this.#sources.push(source);
      this.groups.push(node.index);
      return true;
    }
    const source = node.captures ? undefined : this.#source(node);
    if (source === undefined) return false;
    // What lies between groups is one group of the pattern: its length tells where the next one begins.
    if (this.groups.at(-1) === 0) this.#sources[this.#sources.length - 1] += source;
    else {
      this.#sources.push(source);
      this.groups.push(0);
    }
    return true;
  }

  /** Whether a repeated character stops where what follows begins, but for the last one before a fixed rest. */
  get isQuick(): boolean {
    const elements = this.#elements;
    if (elements.filter(({ kind }) => kind === 'optional').length > OPTIONALS_MAX) return false;
    return elements.every((element, i) => {
      if (element.kind !== 'repeated') return true;
      const rest = elements.slice(i + 1);
      if (rest.every(({ kind }) => kind === 'one')) return true;
      const [next] = rest;
      return next.kind === 'one' && areDisjoint(element.set, next.set);
    });
  }

  pattern(): RegExp {
    return new RegExp(`^${this.#sources.map((source) => `(${source})`).join('')}$`);
  }

  /** A part with one place that varies at most. */
  #source(node: RegexNode): string | undefined {
    const items = node.kind === 'concat' ? node.nodes : [node];
    let source = '';
    let varying = 0;
    for (const item of items) {
      const fixed = fixedSource(item);
      if (fixed !== undefined) {
        source += fixed;
        for (const set of setsOf(item)) this.#elements.push({ kind: 'one', set });
        continue;
      }
      const one = this.#varying(item);
      if (one === undefined || ++varying > 1) return undefined;
      source += one;
    }
    return source;
  }

  #varying(node: RegexNode): string | undefined {
    if (node.kind !== 'star' && node.kind !== 'optional') return undefined;
    const lazy = node.prefers === 'short' ? '?' : '';
    if (node.kind === 'star') {
      if (node.node.kind !== 'set') return undefined;
      const { set } = node.node;
      this.#elements.push({ kind: 'repeated', set });
      return `${classOf(set)}*${lazy}`;
    }
    const inner = fixedSource(node.node);
    this.#elements.push({ kind: 'optional' });
    return inner === undefined ? undefined : `(?:${inner})?${lazy}`;
  }
}

/** Sets of characters, one after the other. */
function fixedSource(node: RegexNode): string | undefined {
  if (node.kind === 'set') return classOf(node.set);
  if (node.kind !== 'concat' || node.captures) return undefined;
  let source = '';
  for (const each of node.nodes) {
    const inner = fixedSource(each);
    if (inner === undefined) return undefined;
    source += inner;
  }
  return source;
}

/** The sets of what `fixedSource` takes. */
function setsOf(node: RegexNode): readonly CharSet[] {
  if (node.kind === 'set') return [node.set];
  return node.kind === 'concat' ? node.nodes.flatMap(setsOf) : [];
}

function areDisjoint(a: CharSet, b: CharSet): boolean {
  for (let code = 0; code < NARROW; code++) if (a.has(code) && b.has(code)) return false;
  return true;
}

const hex = (code: number): string => `\\x${code.toString(16).padStart(2, '0')}`;

/** The set's characters of those that texts may have. */
function classOf(set: CharSet): string {
  let ranges = '';
  for (let code = 0; code < NARROW; code++) {
    if (!set.has(code)) continue;
    const first = code;
    while (code + 1 < NARROW && set.has(code + 1)) code++;
    ranges += first === code ? hex(code) : `${hex(first)}-${hex(code)}`;
  }
  return `[${ranges}]`;
}
