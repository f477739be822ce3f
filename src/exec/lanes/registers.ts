/** The registers of a program that is being made: each value is computed into one, and only once. */
import { kernels } from '../../kernels/kernels.ts';
import type { CombineRows } from '../../kernels/register-kernels.ts';
import type { Register, Step } from './lane-program.ts';

const REGISTERS_MAX = 96;
/** The largest number of a register. */
export const REGISTER_MAX = 2 ** 31 - 1;

/** Some value does not fit registers: there is no program then. One error serves all, for its stack costs. */
export class Unfit extends Error {
  static readonly error = new Unfit();
}

interface Computed {
  readonly target: Register;
  readonly inputs: readonly Register[];
  readonly step: Step;
}

export class Registers {
  /** True, and false, in all rows. */
  readonly all: Register;
  readonly none: Register;
  readonly #constants = new Map<number, Register>();
  readonly #computed: Computed[] = [];
  /** Registers by what is computed into them. */
  readonly #known = new Map<string, Register>();
  #count = 0;

  constructor() {
    this.all = this.constant(-1);
    this.none = this.constant(0);
  }

  get count(): number {
    return this.#count;
  }

  constants(): ReadonlyMap<Register, number> {
    return new Map([...this.#constants].map(([value, register]) => [register, value]));
  }

  /** The steps that the registers need. */
  stepsFor(wanted: readonly Register[]): Step[] {
    const needed = new Set(wanted);
    const steps: Step[] = [];
    for (const { target, inputs, step } of this.#computed.toReversed()) {
      if (!needed.has(target)) continue;
      for (const input of inputs) needed.add(input);
      steps.push(step);
    }
    return steps.reverse();
  }

  and(a: Register, b: Register): Register {
    if (a === b || b === this.all) return a;
    if (a === this.all) return b;
    if (a === this.none || b === this.none) return this.none;
    return this.combine('and', kernels.andRows, a, b);
  }

  or(a: Register, b: Register): Register {
    if (a === b || b === this.none) return a;
    if (a === this.none) return b;
    if (a === this.all || b === this.all) return this.all;
    return this.combine('or', kernels.orRows, a, b);
  }

  andNot(a: Register, b: Register): Register {
    if (a === b || b === this.all) return this.none;
    if (b === this.none || a === this.none) return a;
    return this.combine('and not', kernels.andNotRows, a, b);
  }

  combine(name: string, kernel: CombineRows, a: Register, b: Register): Register {
    return this.once(`${name} ${a} ${b}`, [a, b], (target) => (address, _, count) => {
      kernel(address(a), address(b), address(target), count);
    });
  }

  /** a where the truth says so, b elsewhere. */
  choose(yes: Register, a: Register, b: Register): Register {
    if (a === b || yes === this.all) return a;
    if (yes === this.none) return b;
    return this.once(`choose ${yes} ${a} ${b}`, [yes, a, b], (target) => (address, _, count) => {
      kernels.chooseRows(address(yes), address(a), address(b), address(target), count);
    });
  }

  /** The register that `step` computes from its inputs; `name` says what that is. */
  once(name: string, inputs: readonly Register[], step: (target: Register) => Step): Register {
    let register = this.#known.get(name);
    if (register === undefined) {
      register = this.#next();
      this.#known.set(name, register);
      this.#computed.push({ target: register, inputs, step: step(register) });
    }
    return register;
  }

  constant(value: number): Register {
    let register = this.#constants.get(value);
    if (register === undefined) this.#constants.set(value, (register = this.#next()));
    return register;
  }

  #next(): Register {
    if (this.#count === REGISTERS_MAX) throw Unfit.error;
    return this.#count++;
  }
}
