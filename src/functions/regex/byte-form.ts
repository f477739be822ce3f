/**
 * Expressions that a PlainForm takes, over UTF-8: no string is made. Where a character repeats, what follows tells
 * how often, so only parts that may be left out have to be tried both ways. Where what repeats takes all characters
 * beyond ASCII or none, and all else none of them, bytes stand for characters in any text, else only in ASCII.
 */
import type { RegexNode } from './ast.ts';
import type { CharSet } from './char-set.ts';

/** As of PlainForm, which keeps going back cheap. */
const LENGTH_MAX = 4096;
/** Bytes from here on are parts of characters beyond ASCII. */
const ASCII_END = 0x80;
const BYTES = 256;

type Step =
  | { readonly kind: 'one'; readonly set: Uint8Array }
  | {
      readonly kind: 'repeated';
      readonly set: Uint8Array;
      /** How many bytes follow, where that is the same for all texts; else -1, and the next byte is none of the set. */
      rest: number;
    }
  | {
      readonly kind: 'optional';
      readonly sets: readonly Uint8Array[];
      readonly prefersNothing: boolean;
    }
  /** A part has begun. */
  | { readonly kind: 'part' };

export class ByteForm {
  readonly #steps: readonly Step[];
  readonly #takesAny: boolean;
  /** The part that each group is, -1 for none. */
  readonly #partOf: Int32Array;
  /** Where each part of the last match began, and, last, where it ended. */
  readonly #starts: Int32Array;

  /** `nodes` stand between the start and the end of the text, in an expression that has a PlainForm. */
  constructor(nodes: readonly RegexNode[], groupCount: number) {
    this.#partOf = new Int32Array(groupCount + 1).fill(-1);
    const steps: Step[] = [];
    for (const [i, node] of nodes.entries()) {
      steps.push({ kind: 'part' });
      if (node.kind === 'group') this.#partOf[node.index] = i;
      addSteps(steps, node.kind === 'group' ? node.node : node);
    }
    this.#steps = withRests(steps);
    this.#takesAny = nodes.every((node) => isOfBytes(node, false));
    this.#starts = new Int32Array(nodes.length + 1);
  }

  /** Whether it can tell of the text. */
  takes(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start > LENGTH_MAX) return false;
    let all = 0;
    for (let at = start; at < end; at++) all |= bytes[at];
    return all < ASCII_END || this.#takesAny;
  }

  /** Whether a text that it takes matches. */
  matches(bytes: Uint8Array, start: number, end: number): boolean {
    this.#starts[this.#starts.length - 1] = end;
    return this.#run(0, 0, bytes, start, end);
  }

  /** Where a group of the last match lies. */
  groupStart(group: number): number {
    return this.#starts[this.#partOf[group]];
  }

  groupEnd(group: number): number {
    return this.#starts[this.#partOf[group] + 1];
  }

  /** Whether the steps from `first` on take the bytes from `at` to the end; `part` parts have begun. */
  #run(first: number, part: number, bytes: Uint8Array, at: number, end: number): boolean {
    for (let i = first; i < this.#steps.length; i++) {
      const step = this.#steps[i];
      if (step.kind === 'part') this.#starts[part++] = at;
      else if (step.kind === 'one') {
        if (at >= end || step.set[bytes[at]] === 0) return false;
        at++;
      } else if (step.kind === 'repeated') {
        at = repeatedEnd(step.set, step.rest, bytes, at, end);
        if (at < 0) return false;
      } else {
        const behind = fixedEnd(step.sets, bytes, at, end);
        if (behind < 0) continue;
        const [tried, other] = step.prefersNothing ? [at, behind] : [behind, at];
        if (this.#run(i + 1, part, bytes, tried, end)) return true;
        at = other;
      }
    }
    return at === end;
  }
}

/** Where a repeated character stops, -1 where it cannot. */
function repeatedEnd(
  set: Uint8Array,
  rest: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const stop = rest < 0 ? end : end - rest;
  let at = start;
  while (at < stop && set[bytes[at]] === 1) at++;
  return rest >= 0 && at !== stop ? -1 : at;
}

/** Behind one character of each set, -1 where there are others. */
function fixedEnd(sets: readonly Uint8Array[], bytes: Uint8Array, at: number, end: number): number {
  if (end - at < sets.length) return -1;
  for (const set of sets) if (set[bytes[at++]] === 0) return -1;
  return at;
}

function addSteps(steps: Step[], node: RegexNode): void {
  for (const item of node.kind === 'concat' ? node.nodes : [node]) {
    if (item.kind === 'star') {
      steps.push({ kind: 'repeated', set: setsOf(item.node)[0], rest: -1 });
    } else if (item.kind === 'optional') {
      const prefersNothing = item.prefers === 'short';
      steps.push({ kind: 'optional', sets: setsOf(item.node), prefersNothing });
    } else for (const set of setsOf(item)) steps.push({ kind: 'one', set });
  }
}

/** Tells what repeats how many bytes follow it. */
function withRests(steps: readonly Step[]): readonly Step[] {
  let rest = 0;
  for (const step of steps.toReversed()) {
    if (step.kind === 'one' && rest >= 0) rest++;
    else if (step.kind === 'repeated') {
      step.rest = rest;
      rest = -1;
    } else if (step.kind === 'optional') rest = -1;
  }
  return steps;
}

/** The sets of characters that follow one another. */
function setsOf(node: RegexNode): readonly Uint8Array[] {
  if (node.kind === 'set') return [tableOf(node.set)];
  return node.kind === 'concat' ? node.nodes.flatMap(setsOf) : [];
}

function tableOf(set: CharSet): Uint8Array {
  const ofRest = set.isBeyondAscii === true;
  return Uint8Array.from({ length: BYTES }, (_, code) =>
    Number(code < ASCII_END ? set.has(code) : ofRest),
  );
}

/** Whether its bytes stand for characters in any text. */
function isOfBytes(node: RegexNode, repeats: boolean): boolean {
  if (node.kind === 'set') {
    const { isBeyondAscii } = node.set;
    return isBeyondAscii === false || (repeats && isBeyondAscii === true);
  }
  if ('nodes' in node) return node.nodes.every((each) => isOfBytes(each, false));
  return 'node' in node && isOfBytes(node.node, node.kind === 'star');
}
