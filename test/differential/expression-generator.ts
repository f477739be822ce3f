/**
 * Random expressions of a wanted type over the columns in scope. What they give does not depend on the
 * order of evaluation: divisors cannot be zero and numbers stay small, so that errors are rare.
 */
import type { SeededRandom } from './seeded-random.ts';

export type GeneratedType =
  | 'int'
  | 'bigint'
  | 'numeric'
  | 'float8'
  | 'text'
  | 'bool'
  | 'date'
  | 'timestamptz'
  | 'interval'
  | 'int[]'
  | 'jsonb';

export const SCALAR_TYPES: readonly GeneratedType[] = [
  'int',
  'bigint',
  'numeric',
  'float8',
  'text',
  'bool',
  'date',
  'timestamptz',
];

export interface ScopeColumn {
  readonly sql: string;
  readonly type: GeneratedType;
  /** True for columns that tell the rows of their table apart. */
  readonly isKey?: boolean;
}

export type Scope = readonly ScopeColumn[];

/** Makes a subquery for an expression: `columns` of these types, correlated with the scope. */
export type SubqueryMaker = (types: readonly GeneratedType[], outer: Scope) => string;

const WORDS = ['a', 'b', 'abc', 'B', 'x y', '', '%', 'a_c', 'zz', 'é', '10', '7'];
const INTERVALS = ['1 day', '36 hours', '1 month', '-2 days', '90 minutes', '1 year', '0'];
const UNITS = ['hour', 'day', 'week', 'month', 'year'];
const FIELDS = ['day', 'month', 'year', 'dow', 'hour'];

export class ExpressionGenerator {
  /** Off for tables so large that a subquery per row would take too long. */
  subqueries = true;
  readonly #random: SeededRandom;
  readonly #subquery: SubqueryMaker;

  constructor(random: SeededRandom, subquery: SubqueryMaker) {
    this.#random = random;
    this.#subquery = subquery;
  }

  literal(type: GeneratedType): string {
    const random = this.#random;
    if (random.chance(0.06)) return `NULL::${type}`;
    switch (type) {
      case 'int':
        return String(random.int(-5, 12));
      case 'bigint':
        return `${random.pick([0, 1, 7, -3, 5_000_000_000])}::bigint`;
      case 'numeric':
        return random.pick(['0.5', '1.25', '-2.0', '10.00', '3.333', '0.0']);
      case 'float8':
        return `${random.pick(['0.5', '1.25', '-2', '8', '0'])}::float8`;
      case 'text':
        return `'${random.pick(WORDS)}'::text`;
      case 'bool':
        return random.pick(['true', 'false']);
      case 'date':
        return `date '2020-${random.int(1, 3)}-${random.int(1, 28)}'`;
      case 'timestamptz':
        return `timestamptz '2020-01-0${random.int(1, 9)} ${random.int(10, 23)}:30:00+00'`;
      case 'interval':
        return `interval '${random.pick(INTERVALS)}'`;
      case 'int[]':
        return random.pick(["'{1,2,3}'::int[]", "'{}'::int[]", 'ARRAY[5,NULL]', 'ARRAY[0]']);
      case 'jsonb':
        return random.pick([`'{"a": 1, "b": "x"}'::jsonb`, `'[1, 2]'::jsonb`, `'"s"'::jsonb`]);
    }
  }

  /** A column of the type where there is one, else a literal. */
  leaf(type: GeneratedType, scope: Scope): string {
    const fitting = scope.filter((column) => column.type === type);
    if (fitting.length > 0 && this.#random.chance(0.8)) return this.#random.pick(fitting).sql;
    return this.literal(type);
  }

  expr(type: GeneratedType, scope: Scope, depth: number): string {
    const random = this.#random;
    if (depth <= 0 || random.chance(0.25)) return this.leaf(type, scope);
    const sub = (t: GeneratedType): string => this.expr(t, scope, depth - 1);
    if (random.chance(0.18)) return this.#anyType(type, scope, depth);
    switch (type) {
      case 'int':
        return random.pick([
          () => `(${sub('int')} + ${sub('int')})`,
          () => `(${sub('int')} - ${sub('int')})`,
          () => `(${this.leaf('int', scope)} * ${random.int(-3, 4)})`,
          () => `(- ${sub('int')})`,
          () => `abs(${sub('int')})`,
          () => `(${sub('int')} / ${random.pick(['2', '-3', '7'])})`,
          () => `(${sub('int')} % ${random.pick(['2', '-3', '5'])})`,
          () => `(${sub('int')} & ${sub('int')})`,
          () => `(${sub('int')} # 5)`,
          () => `length(${sub('text')})`,
          () => `extract(${random.pick(FIELDS)} from ${sub('timestamptz')})::int`,
          () => `(${sub('date')} - ${sub('date')})`,
          () => `(${sub('bool')})::int`,
          () => `(${this.leaf('numeric', scope)})::int`,
          () => `(${this.leaf('float8', scope)})::int`,
          () => `strpos(${sub('text')}, ${this.literal('text')})`,
          () => `(${sub('int[]')})[${random.int(0, 3)}]`,
          () => `coalesce(array_length(${sub('int[]')}, 1), 0)`,
          () => `ascii(${sub('text')})`,
        ])();
      case 'bigint':
        return random.pick([
          () => `(${sub('bigint')} + ${sub('int')})`,
          () => `(${sub('int')}::bigint - ${sub('bigint')})`,
          () => `(${sub('bigint')} / 3)`,
          () => `(${sub('bigint')} % 7)`,
          () => `(${sub('int')})::bigint`,
          () => `abs(${sub('bigint')})`,
        ])();
      case 'numeric':
        return random.pick([
          () => `(${sub('numeric')} + ${sub('numeric')})`,
          () => `(${sub('numeric')} - ${sub('int')})`,
          () => `(${this.leaf('numeric', scope)} * ${this.leaf('numeric', scope)})`,
          () => `round(${sub('numeric')}, ${random.int(-1, 3)})`,
          () => `trunc(${sub('numeric')})`,
          () => `(${sub('numeric')} / ${random.pick(['3', '2.5', '-7'])})`,
          () => `(${sub('numeric')} % 3)`,
          () => `(${sub('int')})::numeric`,
          () => `ceil(${sub('numeric')})`,
          () => `floor(${sub('numeric')})`,
          () => `(${sub('bigint')} * 0.5)`,
          () => `(${this.leaf('float8', scope)})::numeric`,
          () => `sign(${sub('numeric')})`,
        ])();
      case 'float8':
        return random.pick([
          () => `(${sub('float8')} + ${sub('float8')})`,
          () => `(${sub('float8')} - ${sub('int')})`,
          () => `(${this.leaf('float8', scope)} * ${this.leaf('float8', scope)})`,
          () => `(${sub('float8')} / ${random.pick(['4', '-0.5', '3'])})`,
          () => `abs(${sub('float8')})`,
          () => `floor(${sub('float8')})`,
          () => `round(${sub('float8')})`,
          () => `(${sub('int')})::float8`,
          () => `(${sub('numeric')})::float8`,
          () => `(${sub('float8')} + ${sub('numeric')})`,
        ])();
      case 'text':
        return random.pick([
          () => `(${sub('text')} || ${sub('text')})`,
          () => `upper(${sub('text')})`,
          () => `lower(${sub('text')})`,
          () => `substr(${sub('text')}, ${random.int(-1, 3)}, ${random.int(0, 4)})`,
          () => `left(${sub('text')}, ${random.int(-2, 3)})`,
          () => `right(${sub('text')}, ${random.int(-2, 3)})`,
          () => `replace(${sub('text')}, 'a', 'XY')`,
          () => `btrim(${sub('text')}, 'ab ')`,
          () => `reverse(${sub('text')})`,
          () => `(${sub('int')})::text`,
          () => `(${sub('date')})::text`,
          () => `(${sub('bool')})::text`,
          () => `(${sub('numeric')})::text`,
          () => `concat(${sub('text')}, ${sub('int')}, ${sub('bool')})`,
          () => `concat_ws('-', ${sub('text')}, ${sub('date')})`,
          () => `lpad(${sub('text')}, ${random.int(0, 6)}, '*')`,
          () => `split_part(${sub('text')}, 'b', ${random.int(1, 2)})`,
          () => `translate(${sub('text')}, 'abz', 'z')`,
          () => `to_char(${sub('timestamptz')}, 'YYYY-MM-DD HH24')`,
          () => `(${sub('jsonb')} ->> 'a')`,
          () => `md5(${sub('text')})`,
          () => `(${sub('interval')})::text`,
          () => `array_to_string(${sub('int[]')}, ',', 'N')`,
        ])();
      case 'bool':
        return this.#condition(scope, depth);
      case 'date':
        return random.pick([
          () => `(${sub('date')} + ${random.int(-40, 40)})`,
          () => `(${sub('timestamptz')})::date`,
          () => `(${sub('date')} + ${this.literal('interval')})::date`,
        ])();
      case 'timestamptz':
        return random.pick([
          () => `(${sub('timestamptz')} + ${this.literal('interval')})`,
          () => `(${sub('timestamptz')} - ${this.literal('interval')})`,
          () => `date_trunc('${random.pick(UNITS)}', ${sub('timestamptz')})`,
          () => `(${sub('date')})::timestamptz`,
        ])();
      case 'interval':
        return random.pick([
          () => `(${sub('timestamptz')} - ${sub('timestamptz')})`,
          () => `(${this.literal('interval')} * ${random.int(-2, 3)})`,
          () => `(${sub('interval')} + ${this.literal('interval')})`,
        ])();
      case 'int[]':
        return random.pick([
          () => `ARRAY[${sub('int')}, ${sub('int')}]`,
          () => `(${sub('int[]')} || ${sub('int')})`,
          () => `array_remove(${sub('int[]')}, ${sub('int')})`,
        ])();
      case 'jsonb':
        return random.pick([
          () => `jsonb_build_object('a', ${sub('int')}, 'b', ${sub('text')})`,
          () => `to_jsonb(${sub(random.pick(['int', 'text', 'bool', 'numeric', 'int[]']))})`,
          () => `jsonb_build_array(${sub('numeric')}, ${sub('bool')})`,
        ])();
    }
  }

  #mayNest(depth: number): boolean {
    return depth > 1 && this.subqueries;
  }

  #anyType(type: GeneratedType, scope: Scope, depth: number): string {
    const random = this.#random;
    const sub = (t: GeneratedType): string => this.expr(t, scope, depth - 1);
    const isOrdered = type !== 'jsonb';
    return random.pick([
      () => `CASE WHEN ${sub('bool')} THEN ${sub(type)} ELSE ${sub(type)} END`,
      () => `CASE WHEN ${sub('bool')} THEN ${sub(type)} WHEN ${sub('bool')} THEN ${sub(type)} END`,
      () => {
        const t = random.pick<GeneratedType>(['int', 'text', 'date']);
        return `CASE ${sub(t)} WHEN ${sub(t)} THEN ${sub(type)} ELSE ${sub(type)} END`;
      },
      () => `coalesce(${sub(type)}, ${sub(type)})`,
      () => `nullif(${sub(type)}, ${sub(type)})`,
      () =>
        isOrdered ? `${random.pick(['greatest', 'least'])}(${sub(type)}, ${sub(type)})` : sub(type),
      () =>
        this.#mayNest(depth) && random.chance(0.4)
          ? `(${this.#subquery([type], scope)} LIMIT 1)`
          : `(${sub(type)})`,
    ])();
  }

  #condition(scope: Scope, depth: number): string {
    const random = this.#random;
    const sub = (t: GeneratedType): string => this.expr(t, scope, depth - 1);
    const type = (): GeneratedType => random.pick([...SCALAR_TYPES, 'interval', 'int[]']);
    const comparison = (): string => random.pick(['=', '<>', '<', '<=', '>', '>=']);
    return random.pick([
      () => {
        const t = type();
        return `(${sub(t)} ${comparison()} ${sub(t)})`;
      },
      () => {
        const t = random.pick(SCALAR_TYPES);
        return `(${this.leaf(t, scope)} ${comparison()} ${this.literal(t)})`;
      },
      () => {
        const [a, b] = random.shuffled<GeneratedType>(['int', 'bigint', 'numeric', 'float8']);
        return `(${sub(a as GeneratedType)} ${comparison()} ${sub(b as GeneratedType)})`;
      },
      () => `(${sub('date')} ${comparison()} ${sub('timestamptz')})`,
      () => `(${sub('bool')} AND ${sub('bool')})`,
      () => `(${sub('bool')} OR ${sub('bool')})`,
      () => `(NOT ${sub('bool')})`,
      () => `(${sub(type())} IS ${random.pick(['', 'NOT '])}NULL)`,
      () => {
        const t = type();
        return `(${sub(t)} IS ${random.pick(['', 'NOT '])}DISTINCT FROM ${sub(t)})`;
      },
      () =>
        `(${sub('bool')} IS ${random.pick(['', 'NOT '])}${random.pick(['TRUE', 'FALSE', 'UNKNOWN'])})`,
      () => {
        const t = random.pick(SCALAR_TYPES);
        return `(${sub(t)} ${random.pick(['', 'NOT '])}BETWEEN ${sub(t)} AND ${sub(t)})`;
      },
      () => {
        const t = random.pick(SCALAR_TYPES);
        return `(${sub(t)} ${random.pick(['', 'NOT '])}IN (${this.literal(t)}, ${this.literal(t)}, ${sub(t)}))`;
      },
      () =>
        `(${sub('text')} ${random.pick(['LIKE', 'NOT LIKE', 'ILIKE'])} '${random.pick(['a%', '%b%', '_', '%', 'a_c', '%z'])}')`,
      () =>
        `(${sub('text')} ${random.pick(['~', '!~', '~*'])} '${random.pick(['^a', 'b$', '[a-c]+', 'x|z', '.'])}')`,
      () => `(${sub('int')} ${comparison()} ${random.pick(['ANY', 'ALL'])} (${sub('int[]')}))`,
      () => `((${sub('int')}, ${sub('text')}) ${comparison()} (${sub('int')}, ${sub('text')}))`,
      () => `(${sub('int[]')} && ${sub('int[]')})`,
      () => `(${sub('int[]')} @> ${this.literal('int[]')})`,
      () => `(${sub('jsonb')} @> ${this.literal('jsonb')})`,
      () => `(${sub('jsonb')} = ${sub('jsonb')})`,
      () =>
        this.#mayNest(depth)
          ? `${random.pick(['', 'NOT '])}EXISTS (${this.#subquery(['int'], scope)})`
          : sub('bool'),
      () => {
        const t = random.pick(SCALAR_TYPES);
        return this.#mayNest(depth)
          ? `(${sub(t)} ${random.pick(['', 'NOT '])}IN (${this.#subquery([t], scope)}))`
          : sub('bool');
      },
      () =>
        this.#mayNest(depth)
          ? `((${sub('int')}, ${sub('text')}) IN (${this.#subquery(['int', 'text'], scope)}))`
          : sub('bool'),
      () => {
        const t = random.pick<GeneratedType>(['int', 'numeric', 'date']);
        return this.#mayNest(depth)
          ? `(${sub(t)} ${comparison()} ${random.pick(['ANY', 'ALL'])} (${this.#subquery([t], scope)}))`
          : sub('bool');
      },
    ])();
  }
}
