/** Random calls of the functions and operators that there are. */
import type { SeededRandom } from '../differential/seeded-random.ts';
import type { SqlFunction, SqlOperator } from '../../src/functions/function.ts';
import { builtinRegistry } from '../../src/functions/registry.ts';
import { typeInfo } from '../../src/types/type-table.ts';
import type { RandomLiterals } from './random-literals.ts';

/** Functions that wait by design, end sessions, or change what later statements see. */
const LEFT_OUT = /^(pg_sleep|pg_terminate_backend|pg_cancel_backend|pg_(try_)?advisory|set_config)/;
/** Their effects would pile up over a run. */
const EFFECTS =
  /^(create_hypertable|drop_chunks|add_|remove_|run_job|compress_|attach_|detach_|move_)/;

export class RandomCalls {
  readonly #random: SeededRandom;
  readonly #literals: RandomLiterals;
  readonly functions: readonly SqlFunction[];
  readonly operators: readonly SqlOperator[];

  constructor(random: SeededRandom, literals: RandomLiterals) {
    this.#random = random;
    this.#literals = literals;
    this.functions = [...builtinRegistry.all()].filter(
      (fn) => fn.name !== '' && !LEFT_OUT.test(fn.name) && !EFFECTS.test(fn.name),
    );
    this.operators = [...builtinRegistry.allOperators()];
  }

  next(): string {
    return this.#random.chance(0.7)
      ? this.call(this.#random.pick(this.functions))
      : this.operation(this.#random.pick(this.operators));
  }

  call(fn: SqlFunction): string {
    const random = this.#random;
    const any = this.#literals.anyType();
    const args = this.#arguments(fn, any);
    const name = `"${fn.name}"`;
    if (fn.kind === 'table') return `SELECT * FROM ${name}(${args.join(', ')}) LIMIT 50`;
    if (fn.kind === 'window') {
      return `SELECT ${name}(${args.join(', ')}) OVER (ORDER BY g) FROM generate_series(1, 3) g`;
    }
    if (fn.kind === 'scalar') return `SELECT ${name}(${args.join(', ')})`;
    const direct = fn.orderedSetDirectArgs;
    if (direct !== undefined) {
      const sorted = args.slice(direct).join(', ');
      return `SELECT ${name}(${args.slice(0, direct).join(', ')}) WITHIN GROUP (ORDER BY ${sorted})`;
    }
    const list = args.length === 0 && fn.argTypes.length === 0 ? '*' : args.join(', ');
    const rows = Array.from({ length: random.int(1, 4) }, () => this.#arguments(fn, any));
    if (args.length === 0 || rows.some((row) => row.length !== args.length)) {
      return `SELECT ${name}(${list}) FROM generate_series(1, 3) g`;
    }
    const columns = args.map((_, i) => `c${i}`).join(', ');
    const over = random.chance(0.3) ? ' OVER (ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)' : '';
    const values = rows.map((row) => `(${row.join(', ')})`).join(', ');
    return `SELECT ${name}(${columns})${over} FROM (VALUES ${values}) v (${columns})`;
  }

  operation(operator: SqlOperator): string {
    const any = this.#literals.anyType();
    const right = this.#literals.ofType(operator.right, any);
    if (operator.left === 0) return `SELECT ${operator.name} (${right})`;
    return `SELECT (${this.#literals.ofType(operator.left, any)}) ${operator.name} (${right})`;
  }

  #arguments(fn: SqlFunction, any: string): string[] {
    const random = this.#random;
    const most = fn.argTypes.length - random.int(0, fn.optionalArgs ?? 0);
    const types = fn.argTypes.slice(0, most);
    if (fn.variadic === true && most === fn.argTypes.length) {
      const last = types.pop() ?? 0;
      const element = typeInfo(last)?.element ?? 0;
      const repeated = last === 2277 ? 2283 : last === 5078 ? 5077 : element === 0 ? last : element;
      for (let i = random.int(0, 4); i > 0; i--) types.push(repeated);
    }
    return types.map((type) => this.#literals.ofType(type, any));
  }
}
