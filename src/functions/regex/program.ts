/**
 * Thompson's construction and its simulation. A program reads the text forwards or backwards; its cost
 * is text length times program length, whatever the pattern.
 */
import type { AssertKind, RegexNode } from './ast.ts';
import { type CharSet, isInClass } from './char-set.ts';
import { AT_END, AT_START, Dfa } from './dfa.ts';
import { regexError } from './parse.ts';

const STATES_MAX = 50_000;

export type Instruction =
  | { readonly op: 'set'; readonly set: CharSet; next: number }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'assert'; readonly assert: AssertKind; next: number }
  | {
      readonly op: 'look';
      readonly look: Look;
      next: number;
    }
  | { readonly op: 'match' };

export type Look = Extract<RegexNode, { kind: 'look' }>;

export interface Program {
  readonly code: readonly Instruction[];
  readonly start: number;
  readonly isBackward: boolean;
}

/** Surrogates: two of them may be one character. */
const PAIRS = /[\ud800-\udfff]/;
const DFAS = new WeakMap<Program, { plain?: Dfa | null; search?: Dfa | null }>();

/** The automaton of a program that starts once, or everywhere; undefined where it must be simulated. */
export function dfaOf(program: Program, isSearch: boolean): Dfa | undefined {
  let entry = DFAS.get(program);
  if (entry === undefined) DFAS.set(program, (entry = {}));
  const kind = isSearch ? 'search' : 'plain';
  const dfa = (entry[kind] ??= Dfa.of(program, isSearch) ?? null);
  return dfa ?? undefined;
}

/** The text in code points, with the answers to look-around constraints once they were asked. */
export class Subject {
  readonly length: number;
  readonly #text: string;
  #codes: Uint32Array | undefined;
  #looks: Map<RegexNode, Uint8Array> | undefined;

  constructor(text: string) {
    this.#text = text;
    this.length = PAIRS.test(text) ? this.codes.length : text.length;
  }

  /** Characters; a text in which each is one unit of the string needs none of its own. */
  get codes(): Uint32Array {
    return (this.#codes ??= codePoints(this.#text));
  }

  codeAt(position: number): number {
    const codes = this.#codes;
    return codes === undefined ? this.#text.charCodeAt(position) : (codes[position] as number);
  }

  /** Bits of a position. */
  endsAt(position: number): number {
    return (position === 0 ? AT_START : 0) | (position === this.length ? AT_END : 0);
  }

  /** Positions at which a look-around's inner expression matches. */
  lookPositions(look: Look): Uint8Array {
    let found = this.#looks?.get(look);
    if (found === undefined) {
      found = reach(lookProgram(look), this, undefined, 0, this.length);
      this.keepLook(look, found);
    }
    return found;
  }

  hasLook(look: Look): boolean {
    return this.#looks?.has(look) === true;
  }

  keepLook(look: Look, found: Uint8Array): void {
    this.#looks ??= new Map();
    this.#looks.set(look, found);
  }
}

/** Ahead: where a match starts, so read backwards from every end; behind: where one ends. */
export function lookProgram({ node, behind }: Look): Program {
  return compileProgram(node, !behind);
}

function codePoints(text: string): Uint32Array {
  const codes = new Uint32Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i) as number;
    if (code > 0xffff) i++;
    codes[length++] = code;
  }
  return codes.subarray(0, length);
}

const PROGRAMS = new WeakMap<RegexNode, { forward?: Program; backward?: Program }>();

/** The program of a node, cached with it. */
export function compileProgram(node: RegexNode, isBackward: boolean): Program {
  let entry = PROGRAMS.get(node);
  if (entry === undefined) PROGRAMS.set(node, (entry = {}));
  const known = isBackward ? entry.backward : entry.forward;
  if (known !== undefined) return known;
  const code: Instruction[] = [{ op: 'match' }];
  const start = emit(node, 0, code, isBackward);
  const program = { code, start, isBackward };
  if (isBackward) entry.backward = program;
  else entry.forward = program;
  return program;
}

/** Emits code for `node` that continues at `next`; returns where it starts. */
function emit(node: RegexNode, next: number, code: Instruction[], isBackward: boolean): number {
  if (code.length > STATES_MAX) throw regexError('regular expression is too complex');
  const push = (instruction: Instruction): number => code.push(instruction) - 1;
  switch (node.kind) {
    case 'empty':
      return next;
    case 'set':
      return push({ op: 'set', set: node.set, next });
    case 'assert':
      return push({ op: 'assert', assert: node.assert, next });
    case 'look':
      return push({ op: 'look', look: node, next });
    case 'group':
      return emit(node.node, next, code, isBackward);
    case 'concat': {
      const { nodes } = node;
      let at = next;
      for (let i = 0; i < nodes.length; i++) {
        const part = nodes[isBackward ? i : nodes.length - 1 - i] as RegexNode;
        at = emit(part, at, code, isBackward);
      }
      return at;
    }
    case 'alternatives': {
      let at = emit(node.nodes.at(-1) as RegexNode, next, code, isBackward);
      for (let i = node.nodes.length - 2; i >= 0; i--) {
        const first = emit(node.nodes[i] as RegexNode, next, code, isBackward);
        at = push({ op: 'split', first, second: at });
      }
      return at;
    }
    case 'star': {
      const loop = push({ op: 'split', first: next, second: next });
      const body = emit(node.node, loop, code, isBackward);
      code[loop] = { op: 'split', first: body, second: next };
      return loop;
    }
    case 'optional': {
      const body = emit(node.node, next, code, isBackward);
      return push({ op: 'split', first: body, second: next });
    }
  }
}

/** The set of states that are alive at one position. */
class StateSet {
  readonly list: Int32Array;
  length = 0;
  readonly #mark: Int32Array;
  #generation = 0;

  constructor(size: number) {
    this.list = new Int32Array(size);
    this.#mark = new Int32Array(size);
  }

  clear(): void {
    this.length = 0;
    this.#generation++;
  }

  /** True where the state was not in the set. */
  visit(state: number): boolean {
    if (this.#mark[state] === this.#generation) return false;
    this.#mark[state] = this.#generation;
    return true;
  }

  push(state: number): void {
    this.list[this.length++] = state;
  }
}

/** One run of a program over a stretch of the text. */
export class Simulation {
  readonly #program: Program;
  readonly #subject: Subject;
  #current: StateSet;
  #next: StateSet;
  readonly #stack: number[] = [];

  constructor(program: Program, subject: Subject) {
    this.#program = program;
    this.#subject = subject;
    this.#current = new StateSet(program.code.length);
    this.#next = new StateSet(program.code.length);
    this.#current.clear();
    this.#next.clear();
  }

  get isDead(): boolean {
    return this.#current.length === 0;
  }

  /** States alive: what the next step costs. */
  get width(): number {
    return this.#current.length;
  }

  /** Starts another thread at a position; true where the program matches there at once. */
  enter(position: number): boolean {
    return this.#add(this.#current, this.#program.start, position);
  }

  /** Reads the character between `position` and the next one; true where a match ends after it. */
  step(code: number, position: number): boolean {
    const { code: program } = this.#program;
    const current = this.#current;
    const next = this.#next;
    next.clear();
    let matched = false;
    for (let i = 0; i < current.length; i++) {
      const instruction = program[current.list[i] as number] as Instruction;
      if (instruction.op === 'set' && instruction.set.has(code)) {
        if (this.#add(next, instruction.next, position)) matched = true;
      }
    }
    this.#current = next;
    this.#next = current;
    return matched;
  }

  #add(set: StateSet, state: number, position: number): boolean {
    const stack = this.#stack;
    const program = this.#program.code;
    let matched = false;
    stack.push(state);
    while (stack.length > 0) {
      const at = stack.pop() as number;
      if (!set.visit(at)) continue;
      const instruction = program[at] as Instruction;
      switch (instruction.op) {
        case 'match':
          matched = true;
          break;
        case 'set':
          set.push(at);
          break;
        case 'split':
          stack.push(instruction.second, instruction.first);
          break;
        case 'assert':
          if (holdsAt(instruction.assert, this.#subject.codes, position))
            stack.push(instruction.next);
          break;
        case 'look': {
          const found = this.#subject.lookPositions(instruction.look)[position] === 1;
          if (found !== instruction.look.negated) stack.push(instruction.next);
          break;
        }
      }
    }
    return matched;
  }
}

function isWord(codes: Uint32Array, position: number): boolean {
  return position >= 0 && position < codes.length && isInClass(codes[position] as number, 'word');
}

function holdsAt(kind: AssertKind, codes: Uint32Array, position: number): boolean {
  switch (kind) {
    case 'text-start':
      return position === 0;
    case 'text-end':
      return position === codes.length;
    case 'line-start':
      return position === 0 || codes[position - 1] === 10;
    case 'line-end':
      return position === codes.length || codes[position] === 10;
    case 'word-start':
      return !isWord(codes, position - 1) && isWord(codes, position);
    case 'word-end':
      return isWord(codes, position - 1) && !isWord(codes, position);
    case 'word-edge':
      return isWord(codes, position - 1) !== isWord(codes, position);
    case 'not-word-edge':
      return isWord(codes, position - 1) === isWord(codes, position);
  }
}

/**
 * Marks the positions that the program reaches a match at, starting from every marked position (from all
 * where `starts` is undefined), within [low, high]. Marks are of these positions alone: the first is that of
 * `low`. A backward program walks from high to low.
 */
export function reach(
  program: Program,
  subject: Subject,
  starts: Uint8Array | undefined,
  low: number,
  high: number,
): Uint8Array {
  const dfa = dfaOf(program, starts === undefined);
  const reached = new Uint8Array(high - low + 1);
  const first = program.isBackward ? high : low;
  const last = program.isBackward ? low : high;
  if (dfa !== undefined) dfa.mark(subject, starts, first, last, reached);
  else simulateReach(program, subject, starts, first, last, reached);
  return reached;
}

function simulateReach(
  program: Program,
  subject: Subject,
  starts: Uint8Array | undefined,
  first: number,
  last: number,
  reached: Uint8Array,
): void {
  const simulation = new Simulation(program, subject);
  const step = program.isBackward ? -1 : 1;
  const low = Math.min(first, last);
  for (let position = first; ; position += step) {
    if ((starts === undefined || starts[position - low] === 1) && simulation.enter(position)) {
      reached[position - low] = 1;
    }
    if (position === last) return;
    const code = subject.codeAt(program.isBackward ? position - 1 : position);
    if (simulation.step(code, position + step)) reached[position + step - low] = 1;
  }
}

/** The answer of `matchEnd` where it has not read far enough to tell. */
export const UNDECIDED = -2;

/** The end of the longest or the shortest match that starts at `from`, or -1; reads up to `most` characters. */
export function matchEnd(
  program: Program,
  subject: Subject,
  from: number,
  isShortest: boolean,
  most = Infinity,
): number {
  const dfa = dfaOf(program, false);
  return dfa === undefined
    ? simulateMatchEnd(program, subject, from, isShortest, most)
    : matchEndByDfa(dfa, subject, from, isShortest, most);
}

/** Ends of a match that will do. */
export interface WantedEnds {
  /** 1 at each of them; the first mark is that of `low`. */
  readonly marks: Uint8Array;
  readonly low: number;
  /** The first that will do and the last, whatever is marked. */
  readonly from: number;
  readonly to: number;
  /** Which of them is preferred. */
  readonly isShortest: boolean;
}

/** The preferred end of a match that starts at `start`, or -1; reads up to `most` characters. */
export function wantedEnd(
  program: Program,
  subject: Subject,
  start: number,
  wanted: WantedEnds,
  most = Infinity,
): number {
  const dfa = dfaOf(program, false);
  return dfa === undefined
    ? simulateWantedEnd(program, subject, start, wanted, most)
    : wantedEndByDfa(dfa, subject, start, wanted, most);
}

function wantedEndByDfa(
  dfa: Dfa,
  subject: Subject,
  start: number,
  { marks, low, from, to, isShortest }: WantedEnds,
  most: number,
): number {
  const ends = subject.endsAt(start);
  const last = Math.min(to, start + most);
  let state = dfa.enter(dfa.initial(ends), ends);
  let end = -1;
  for (let position = start; ;) {
    if (dfa.isMatch(state) && position >= from && marks[position - low] === 1) {
      end = position;
      if (isShortest) return end;
    }
    if (dfa.isDead(state)) return end;
    if (position === last) return last === to ? end : UNDECIDED;
    const code = subject.codeAt(position++);
    state = dfa.step(state, code, subject.endsAt(position));
  }
}

function simulateWantedEnd(
  program: Program,
  subject: Subject,
  start: number,
  { marks, low, from, to, isShortest }: WantedEnds,
  most: number,
): number {
  const simulation = new Simulation(program, subject);
  const last = Math.min(to, start + most);
  let isMatch = simulation.enter(start);
  let end = -1;
  for (let position = start; ;) {
    if (isMatch && position >= from && marks[position - low] === 1) {
      end = position;
      if (isShortest) return end;
    }
    if (simulation.isDead) return end;
    if (position === last) return last === to ? end : UNDECIDED;
    isMatch = simulation.step(subject.codeAt(position), position + 1);
    position++;
  }
}

function matchEndByDfa(
  dfa: Dfa,
  subject: Subject,
  from: number,
  isShortest: boolean,
  most: number,
): number {
  const ends = subject.endsAt(from);
  const last = Math.min(subject.length, from + most);
  let state = dfa.enter(dfa.initial(ends), ends);
  let end = dfa.isMatch(state) ? from : -1;
  for (let position = from; position < last;) {
    if ((isShortest && end >= 0) || dfa.isDead(state)) return end;
    const code = subject.codeAt(position++);
    state = dfa.step(state, code, subject.endsAt(position));
    if (dfa.isMatch(state)) end = position;
  }
  return last === subject.length ? end : UNDECIDED;
}

function simulateMatchEnd(
  program: Program,
  subject: Subject,
  from: number,
  isShortest: boolean,
  most: number,
): number {
  const simulation = new Simulation(program, subject);
  const last = Math.min(subject.length, from + most);
  let end = simulation.enter(from) ? from : -1;
  for (let position = from; position < last; position++) {
    if ((isShortest && end >= 0) || simulation.isDead) return end;
    if (simulation.step(subject.codeAt(position), position + 1)) end = position + 1;
  }
  return last === subject.length ? end : UNDECIDED;
}

/** Whether the program matches anywhere; stops at the first match's end. */
export function matchesAnywhere(program: Program, subject: Subject, onlyAtStart: boolean): boolean {
  const dfa = dfaOf(program, !onlyAtStart);
  if (dfa === undefined) return simulateMatch(program, subject, onlyAtStart);
  let state = dfa.initial(subject.endsAt(0));
  if (onlyAtStart) state = dfa.enter(state, subject.endsAt(0));
  for (let position = 0; ;) {
    if (dfa.isMatch(state)) return true;
    if (position === subject.length || (onlyAtStart && dfa.isDead(state))) return false;
    const code = subject.codeAt(position++);
    state = dfa.step(state, code, subject.endsAt(position));
  }
}

function simulateMatch(program: Program, subject: Subject, onlyAtStart: boolean): boolean {
  const simulation = new Simulation(program, subject);
  for (let position = 0; ; position++) {
    if ((position === 0 || !onlyAtStart) && simulation.enter(position)) return true;
    if (position === subject.length || (onlyAtStart && simulation.isDead)) return false;
    if (simulation.step(subject.codeAt(position), position + 1)) return true;
  }
}
