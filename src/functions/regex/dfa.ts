/**
 * A program as a deterministic automaton that is made while texts are read: a set of alive states becomes
 * one state, found by table from then on. It serves programs that look at nothing but characters and the
 * ends of the text; all others are simulated.
 */
import type { CharSet } from './char-set.ts';
import type { Program } from './program.ts';

/** States kept; when there are more, all are made anew. */
const STATES_MAX = 512;
const CODE_MAX = 1024;
const CLASSES_MAX = 250;
const WIDE_MAX = 4096;
/** Codes whose class is in a table. */
const NARROW = 256;

/** Bits: where a position stands in the text. */
export const AT_START = 1;
export const AT_END = 2;

/** What it needs to know of a text. */
export interface Readable {
  readonly length: number;
  codeAt(position: number): number;
  endsAt(position: number): number;
}

interface State {
  /** Instructions that read a character, ascending. */
  readonly list: readonly number[];
  readonly isMatch: boolean;
}

/** A state beyond its generation. */
export interface HeldState {
  readonly generation: number;
  readonly id: number;
  readonly state: State;
}

export class Dfa {
  /** Transitions that were not known, so far. */
  made = 0;
  readonly #program: Program;
  /** The program also starts at each position that is reached. */
  readonly #isSearch: boolean;
  readonly #sets: readonly CharSet[];
  readonly #classes = new Uint8Array(NARROW);
  readonly #classBySignature = new Map<string, number>();
  readonly #wideClasses = new Map<number, number>();
  #states: State[] = [];
  #ids = new Map<string, number>();
  /** By state and class, the state that follows plus one; 0 where it is not known. */
  #next = new Uint16Array(0);
  /** The same where the position that follows is an end of the text, and for entries. */
  #others = new Map<number, number>();
  /** Places for classes in `#next`. */
  #stride = 16;
  /** Numbers of states mean something in one generation only. */
  #generation = 0;

  private constructor(program: Program, isSearch: boolean) {
    this.#program = program;
    this.#isSearch = isSearch;
    const sets = new Set<CharSet>();
    for (const instruction of program.code) if (instruction.op === 'set') sets.add(instruction.set);
    this.#sets = [...sets];
    for (let code = 0; code < NARROW; code++) this.#classes[code] = this.#classOf(code);
  }

  /** undefined for programs that it cannot serve. */
  static of(program: Program, isSearch: boolean): Dfa | undefined {
    if (program.code.length > CODE_MAX) return undefined;
    const serves = program.code.every(
      (each) =>
        each.op !== 'look' &&
        (each.op !== 'assert' || each.assert === 'text-start' || each.assert === 'text-end'),
    );
    if (!serves) return undefined;
    return new Dfa(program, isSearch);
  }

  /** The state before anything was read; a search has started. `ends`: bits of the position. */
  initial(ends: number): number {
    return this.#isSearch
      ? this.#other(-1, 0, ends)
      : (this.#ids.get('') ?? this.#intern([], false));
  }

  /** The state after the program has started once more. */
  enter(state: number, ends: number): number {
    return this.#other(state, 0, ends);
  }

  /** The state after a character; `ends` are bits of the position behind it, as the program reads. */
  step(state: number, code: number, ends: number): number {
    const kind = code < NARROW ? (this.#classes[code] as number) : this.#wideClass(code);
    if (kind >= CLASSES_MAX) return this.#read(this.#states[state] as State, code, ends);
    if (ends !== 0) return this.#other(state, kind + 1, ends, code);
    const known = this.#next[state * this.#stride + kind] as number;
    if (known !== 0) return known - 1;
    const generation = this.#generation;
    const next = this.#read(this.#states[state] as State, code, 0);
    if (generation === this.#generation) this.#next[state * this.#stride + kind] = next + 1;
    return next;
  }

  /**
   * Reads from `first` to `last`, starting at each mark of `starts` as it comes by, and marks the positions
   * at which the match is reached. The marks begin with the lower end.
   */
  mark(
    subject: Readable,
    starts: Uint8Array | undefined,
    first: number,
    last: number,
    reached: Uint8Array,
  ): void {
    const step = last < first ? -1 : 1;
    const low = Math.min(first, last);
    const lastStart =
      starts === undefined ? last : low + (step < 0 ? starts.indexOf(1) : starts.lastIndexOf(1));
    let state = this.initial(subject.endsAt(first));
    for (let position = first; ;) {
      if (starts !== undefined && starts[position - low] === 1) {
        state = this.enter(state, subject.endsAt(position));
      }
      if (this.isMatch(state)) reached[position - low] = 1;
      if (position === last) return;
      if (starts !== undefined && this.isDead(state) && (lastStart - position) * step <= 0) return;
      const code = subject.codeAt(step < 0 ? position - 1 : position);
      position += step;
      state = this.step(state, code, subject.endsAt(position));
    }
  }

  /** What a state is, for who goes on when others may have used the automaton. */
  hold(state: number): HeldState {
    return { generation: this.#generation, id: state, state: this.#states[state] as State };
  }

  /** The number of the state now. */
  take({ generation, id, state }: HeldState): number {
    return generation === this.#generation ? id : this.#intern([...state.list], state.isMatch);
  }

  isMatch(state: number): boolean {
    return (this.#states[state] as State).isMatch;
  }

  isDead(state: number): boolean {
    return (this.#states[state] as State).list.length === 0;
  }

  /** A transition of those that come once a text: 0 is an entry, others are classes of characters. */
  #other(state: number, kind: number, ends: number, code = 0): number {
    const key = ((state + 1) * (CLASSES_MAX + 1) + kind) * 4 + ends;
    const known = this.#others.get(key);
    if (known !== undefined) return known;
    const from = this.#states[state] ?? { list: [], isMatch: false };
    const generation = this.#generation;
    const next = kind === 0 ? this.#entered(from, ends) : this.#read(from, code, ends);
    if (generation === this.#generation) this.#others.set(key, next);
    return next;
  }

  #entered({ list, isMatch }: State, ends: number): number {
    const reached = new Set<number>(list);
    const matches = this.#close(this.#program.start, reached, ends);
    return this.#intern([...reached], isMatch || matches);
  }

  #read({ list }: State, code: number, ends: number): number {
    this.made++;
    const { code: program, start } = this.#program;
    const reached = new Set<number>();
    let isMatch = false;
    for (const at of list) {
      const instruction = program[at];
      if (instruction?.op !== 'set' || !instruction.set.has(code)) continue;
      if (this.#close(instruction.next, reached, ends)) isMatch = true;
    }
    if (this.#isSearch && this.#close(start, reached, ends)) isMatch = true;
    return this.#intern([...reached], isMatch);
  }

  /** Adds what is alive without reading; true where the match is reached. */
  #close(from: number, reached: Set<number>, ends: number): boolean {
    const stack = [from];
    const seen = new Set<number>();
    let isMatch = false;
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const instruction = this.#program.code[at];
      if (instruction === undefined) continue;
      if (instruction.op === 'match') isMatch = true;
      else if (instruction.op === 'set') reached.add(at);
      else if (instruction.op === 'split') stack.push(instruction.first, instruction.second);
      else if (instruction.op === 'assert') {
        const bit = instruction.assert === 'text-start' ? AT_START : AT_END;
        if ((ends & bit) !== 0) stack.push(instruction.next);
      }
    }
    return isMatch;
  }

  #intern(unordered: number[], isMatch: boolean): number {
    const list = unordered.sort((a, b) => a - b);
    const key = `${isMatch ? '!' : ''}${list.join()}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (this.#states.length >= STATES_MAX) this.#forget();
    const id = this.#states.push({ list, isMatch }) - 1;
    this.#ids.set(key, id);
    if (this.#next.length < (id + 1) * this.#stride) {
      const grown = new Uint16Array(Math.max(4, id * 2) * this.#stride);
      grown.set(this.#next);
      this.#next = grown;
    }
    return id;
  }

  #forget(): void {
    this.#generation++;
    this.#states = [];
    this.#ids = new Map();
    this.#next = new Uint16Array(0);
    this.#others = new Map();
  }

  #widen(): void {
    this.#stride *= 2;
    this.#next = new Uint16Array(Math.max(4, this.#states.length) * this.#stride);
  }

  #wideClass(code: number): number {
    let known = this.#wideClasses.get(code);
    if (known === undefined) {
      if (this.#wideClasses.size >= WIDE_MAX) this.#wideClasses.clear();
      known = this.#classOf(code);
      this.#wideClasses.set(code, known);
    }
    return known;
  }

  /** Characters of a class are in the same sets. */
  #classOf(code: number): number {
    let signature = '';
    for (const set of this.#sets) signature += set.has(code) ? '1' : '0';
    let known = this.#classBySignature.get(signature);
    if (known === undefined) {
      known = this.#classBySignature.size;
      this.#classBySignature.set(signature, known);
      if (known >= this.#stride) this.#widen();
    }
    return known;
  }
}
