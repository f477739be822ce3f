/**
 * Programs over long texts, in steps between which others may use the same automaton. What is short is done at
 * once, by the quicker loops of program.ts and dfa.ts.
 */
import type { Stepped } from '../../base/steps.ts';
import type { Dfa, HeldState } from './dfa.ts';
import {
  dfaOf,
  lookProgram,
  matchEnd,
  reach,
  Simulation,
  UNDECIDED,
  wantedEnd,
  type WantedEnds,
  type Program,
  type Subject,
} from './program.ts';

/** Characters that are read at once. */
export const SHORT = 8192;
/** What one step costs, in characters that an automaton reads. */
const STEP_COST = 64 * 1024;
/** What a transition that is not known yet costs. */
const TRANSITION_COST = 64;

/** A program that reads a text character by character. */
interface Reader {
  /** Costs since the last pause. */
  cost: number;
  readonly isDead: boolean;
  /** Starts at a position, too; true where a match ends there. */
  enter(position: number): boolean;
  /** Reads a character; true where a match ends at the position behind it. */
  step(code: number, position: number): boolean;
  pause(): void;
  goOn(): void;
}

class DfaReader implements Reader {
  cost = 0;
  readonly #dfa: Dfa;
  readonly #subject: Subject;
  readonly #isSearch: boolean;
  #state: number;
  #held: HeldState | undefined;

  constructor(dfa: Dfa, subject: Subject, isSearch: boolean, first: number) {
    this.#dfa = dfa;
    this.#subject = subject;
    this.#isSearch = isSearch;
    this.#state = dfa.initial(subject.endsAt(first));
  }

  get isDead(): boolean {
    return this.#dfa.isDead(this.#state);
  }

  enter(position: number): boolean {
    if (!this.#isSearch) {
      this.#state = this.#dfa.enter(this.#state, this.#subject.endsAt(position));
    }
    return this.#dfa.isMatch(this.#state);
  }

  step(code: number, position: number): boolean {
    const { made } = this.#dfa;
    this.#state = this.#dfa.step(this.#state, code, this.#subject.endsAt(position));
    this.cost += 1 + TRANSITION_COST * (this.#dfa.made - made);
    return this.#dfa.isMatch(this.#state);
  }

  pause(): void {
    this.#held = this.#dfa.hold(this.#state);
  }

  goOn(): void {
    this.cost = 0;
    this.#state = this.#dfa.take(this.#held!);
  }
}

class SimulationReader implements Reader {
  cost = 0;
  readonly #simulation: Simulation;

  constructor(program: Program, subject: Subject) {
    this.#simulation = new Simulation(program, subject);
  }

  get isDead(): boolean {
    return this.#simulation.isDead;
  }

  enter(position: number): boolean {
    return this.#simulation.enter(position);
  }

  step(code: number, position: number): boolean {
    this.cost += 4 * (1 + this.#simulation.width);
    return this.#simulation.step(code, position);
  }

  pause(): void {}

  goOn(): void {
    this.cost = 0;
  }
}

function readerOf(program: Program, subject: Subject, isSearch: boolean, first: number): Reader {
  const dfa = dfaOf(program, isSearch);
  return dfa === undefined
    ? new SimulationReader(program, subject)
    : new DfaReader(dfa, subject, isSearch, first);
}

/** Answers the look-around constraints of a program before it asks. */
export function* prepareLooks(program: Program, subject: Subject): Stepped<void> {
  for (const instruction of program.code) {
    if (instruction.op !== 'look' || subject.hasLook(instruction.look)) continue;
    const ahead = lookProgram(instruction.look);
    yield* prepareLooks(ahead, subject);
    const found = yield* reachSteps(ahead, subject, undefined, 0, subject.length);
    subject.keepLook(instruction.look, found);
  }
}

/** What `reach` gives; looks are prepared. */
export function* reachSteps(
  program: Program,
  subject: Subject,
  starts: Uint8Array | undefined,
  low: number,
  high: number,
): Stepped<Uint8Array> {
  if (high - low <= SHORT) return reach(program, subject, starts, low, high);
  const reached = new Uint8Array(high - low + 1);
  const [first, last, step] = program.isBackward ? [high, low, -1] : [low, high, 1];
  const reader = readerOf(program, subject, starts === undefined, first);
  const lastStart =
    starts === undefined ? last : low + (step < 0 ? starts.indexOf(1) : starts.lastIndexOf(1));
  for (let position = first; ;) {
    if ((starts === undefined || starts[position - low] === 1) && reader.enter(position)) {
      reached[position - low] = 1;
    }
    if (position === last || (reader.isDead && (lastStart - position) * step <= 0)) return reached;
    const code = subject.codeAt(program.isBackward ? position - 1 : position);
    position += step;
    if (reader.step(code, position)) reached[position - low] = 1;
    if (reader.cost < STEP_COST) continue;
    reader.pause();
    yield;
    reader.goOn();
  }
}

/** What `matchEnd` gives; looks are prepared. */
export function* matchEndSteps(
  program: Program,
  subject: Subject,
  from: number,
  isShortest: boolean,
): Stepped<number> {
  const known = matchEnd(program, subject, from, isShortest, SHORT);
  if (known !== UNDECIDED) return known;
  const reader = readerOf(program, subject, false, from);
  let end = reader.enter(from) ? from : -1;
  for (let position = from; position < subject.length;) {
    if ((isShortest && end >= 0) || reader.isDead) break;
    const code = subject.codeAt(position++);
    if (reader.step(code, position)) end = position;
    if (reader.cost < STEP_COST) continue;
    reader.pause();
    yield;
    reader.goOn();
  }
  return end;
}

/** What `wantedEnd` gives; looks are prepared. */
export function* wantedEndSteps(
  program: Program,
  subject: Subject,
  start: number,
  wanted: WantedEnds,
): Stepped<number> {
  const known = wantedEnd(program, subject, start, wanted, SHORT);
  if (known !== UNDECIDED) return known;
  const { marks, low, from, to, isShortest } = wanted;
  const reader = readerOf(program, subject, false, start);
  let isMatch = reader.enter(start);
  let end = -1;
  for (let position = start; ;) {
    if (isMatch && position >= from && marks[position - low] === 1) {
      end = position;
      if (isShortest) return end;
    }
    if (position === to || reader.isDead) return end;
    const code = subject.codeAt(position++);
    isMatch = reader.step(code, position);
    if (reader.cost < STEP_COST) continue;
    reader.pause();
    yield;
    reader.goOn();
  }
}

/** What `matchesAnywhere` gives. */
export function* matchesAnywhereSteps(
  program: Program,
  subject: Subject,
  onlyAtStart: boolean,
): Stepped<boolean> {
  yield* prepareLooks(program, subject);
  const reader = readerOf(program, subject, !onlyAtStart, 0);
  for (let position = 0; ;) {
    if ((position === 0 || !onlyAtStart) && reader.enter(position)) return true;
    if (position === subject.length || (onlyAtStart && reader.isDead)) return false;
    const code = subject.codeAt(position++);
    if (reader.step(code, position)) return true;
    if (reader.cost < STEP_COST) continue;
    reader.pause();
    yield;
    reader.goOn();
  }
}
