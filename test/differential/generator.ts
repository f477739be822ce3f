/**
 * Random queries over a few random tables: joins, grouping, windows, set operations, subqueries, common
 * table expressions, order and limits. Every answer is determined but for the order of rows, and with
 * LIMIT the order too: such queries sort by all their columns.
 */
import {
  ExpressionGenerator,
  SCALAR_TYPES,
  type GeneratedType,
  type Scope,
  type ScopeColumn,
} from './expression-generator.ts';
import { SeededRandom } from './seeded-random.ts';

export interface GeneratedTable {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: GeneratedType }[];
  /** Rows as literals, in column order. */
  readonly rows: readonly (readonly string[])[];
}

interface FromItem {
  readonly sql: string;
  readonly scope: ScopeColumn[];
}

const TYPE_SQL: Readonly<Record<GeneratedType, string>> = {
  int: 'int',
  bigint: 'bigint',
  numeric: 'numeric(8,2)',
  float8: 'float8',
  text: 'text',
  bool: 'bool',
  date: 'date',
  timestamptz: 'timestamptz',
  interval: 'interval',
  'int[]': 'int[]',
  jsonb: 'jsonb',
};

/** CREATE TABLE for a table; `id` numbers the rows and `ts` is never null. */
export function createTableSql(table: GeneratedTable, constraint: string): string {
  const columns = table.columns.map(({ name, type }) => {
    const isNeeded = name === 'id' || name === 'ts';
    return `${name} ${TYPE_SQL[type]}${isNeeded ? ' NOT NULL' : ''}`;
  });
  return `CREATE TABLE ${table.name} (${[...columns, ...(constraint === '' ? [] : [constraint])].join(', ')})`;
}

export function insertSql(table: GeneratedTable, from: number, to: number): string {
  const rows = table.rows.slice(from, to).map((row) => `(${row.join(', ')})`);
  return `INSERT INTO ${table.name} VALUES ${rows.join(', ')}`;
}

export class QueryGenerator {
  readonly random: SeededRandom;
  readonly tables: readonly GeneratedTable[];
  readonly #expressions: ExpressionGenerator;
  #aliases = 0;

  constructor(seed: number, rowCounts: readonly number[]) {
    this.random = new SeededRandom(seed);
    this.#expressions = new ExpressionGenerator(this.random, (types, outer) =>
      this.#subquery(types, outer),
    );
    this.tables = rowCounts.map((count, i) => this.#table(`t${i}`, count));
  }

  #table(name: string, rowCount: number): GeneratedTable {
    const { random } = this;
    const extra = random.shuffled<GeneratedType>([
      ...SCALAR_TYPES,
      'int',
      'text',
      'int[]',
      'jsonb',
    ]);
    const columns = [
      { name: 'id', type: 'int' as const },
      { name: 'ts', type: 'timestamptz' as const },
      ...extra.slice(0, random.int(5, 9)).map((type, i) => ({ name: `c${i}`, type })),
    ];
    const rows = Array.from({ length: rowCount }, (_, row) =>
      columns.map(({ name: column, type }) => {
        if (column === 'id') return String(row + 1);
        if (column === 'ts') {
          const hours = random.int(0, 24 * 9);
          const day = String(1 + Math.floor(hours / 24)).padStart(2, '0');
          return `'2020-01-${day} ${String(hours % 24).padStart(2, '0')}:30:00+00'`;
        }
        return random.chance(0.15) ? 'NULL' : this.#value(type);
      }),
    );
    return { name, columns, rows };
  }

  #value(type: GeneratedType): string {
    const { random } = this;
    switch (type) {
      case 'int':
        return String(random.int(-3, 10));
      case 'numeric':
        return (random.int(-200, 1000) / 100).toFixed(2);
      case 'float8':
        return random.chance(0.05)
          ? `'${random.pick(['NaN', 'Infinity', '-0'])}'`
          : String(random.int(-8, 16) / 4);
      default: {
        let literal = this.#expressions.literal(type);
        while (literal.startsWith('NULL')) literal = this.#expressions.literal(type);
        return literal;
      }
    }
  }

  /** A condition without subqueries, for partitioning tests. */
  predicate(scope: Scope, depth: number): string {
    return this.value('bool', scope, depth);
  }

  /** An expression without subqueries over these columns. */
  value(type: GeneratedType, scope: Scope, depth: number): string {
    this.#expressions.subqueries = false;
    const expr = this.#expressions.expr(type, scope, depth);
    this.#expressions.subqueries = true;
    return expr;
  }

  /** One table, or two joined on their keys, for partitioning tests. */
  tableClause(): { sql: string; scope: Scope } {
    const { random } = this;
    const item = (table: GeneratedTable, alias: string): FromItem => ({
      sql: `${table.name} ${alias}`,
      scope: table.columns.map(({ name, type }) => ({
        sql: `${alias}.${name}`,
        type,
        isKey: name === 'id',
      })),
    });
    const left = item(random.pick(this.tables), 'l');
    if (random.chance(0.6)) return left;
    const right = item(random.pick(this.tables), 'r');
    const kind = random.pick(['JOIN', 'LEFT JOIN', 'FULL JOIN', 'RIGHT JOIN']);
    return {
      sql: `${left.sql} ${kind} ${right.sql} ON l.id = r.id`,
      scope: [...left.scope, ...right.scope],
    };
  }

  /** A whole query. */
  query(): string {
    this.#aliases = 0;
    const { random } = this;
    if (random.chance(0.12)) return this.#manyAggregates();
    const width = random.int(1, 4);
    const types = Array.from({ length: width }, () =>
      random.pick<GeneratedType>([...SCALAR_TYPES, 'interval', 'int[]']),
    );
    let sql = this.#queryOf(types, [], 2);
    if (random.chance(0.1)) {
      const name = `cte${this.#alias()}`;
      const inner = this.#simple(types, [], 2);
      sql = `WITH ${name} AS ${random.pick(['', 'MATERIALIZED ', 'NOT MATERIALIZED '])}(${inner}) ${this.#overCte(name)}`;
    } else if (random.chance(0.2)) {
      const order = types
        .map((_, i) => `${i + 1}${random.pick(['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST'])}`)
        .join(', ');
      sql = `SELECT * FROM (${sql}) q ORDER BY ${order} LIMIT ${random.int(0, 8)} OFFSET ${random.int(0, 3)}`;
      // Equal values may print differently (1.0 and 1.00): such types are kept away from LIMIT.
      if (types.some((type) => type === 'numeric' || type === 'float8' || type === 'interval'))
        sql = sql.replace(/ LIMIT .*$/, '');
    }
    return sql;
  }

  /** Aggregates and moving sums over expressions, where NULL rows are easily counted. */
  #manyAggregates(): string {
    const { random } = this;
    const { sql, scope } = this.tableClause();
    const of = (type: GeneratedType): string => this.value(type, scope, 2);
    const keys = scope.flatMap((column) => (column.isKey === true ? [column.sql] : [])).join(', ');
    if (random.chance(0.3)) {
      const frame = `OVER (ORDER BY ${keys} ROWS ${random.int(0, 3)} PRECEDING)`;
      return `SELECT sum(${of('int')}) ${frame} AS x0, count(${of('bool')}) ${frame} AS x1, max(${of('date')}) ${frame} AS x2 FROM ${sql}`;
    }
    const [int, bool] = [of('int'), of('bool')];
    const list = [
      `sum(${int})`,
      `round(avg(${int}), 6)`,
      `min(${int})`,
      `max(${int})`,
      `count(${int})`,
      `sum(${int}) FILTER (WHERE ${bool})`,
      `sum(${of('bigint')})`,
      `round(sum(${of('numeric')}), 4)`,
      `bool_and(${bool})`,
      `count(${bool})`,
      `max(${of('text')})`,
      `min(${of('date')})`,
      `bit_or(${int})`,
      `count(DISTINCT ${int})`,
    ].map((item, i) => `${item} AS x${i}`);
    if (random.chance(0.5)) return `SELECT ${list.join(', ')} FROM ${sql}`;
    const key = this.#expressions.leaf('bool', scope);
    return `SELECT ${list.join(', ')}, ${key} AS k FROM ${sql} GROUP BY k`;
  }

  #overCte(name: string): string {
    return this.random.pick([
      `SELECT * FROM ${name}`,
      `SELECT count(*) FROM ${name} a, ${name} b`,
      `SELECT a.* FROM ${name} a WHERE EXISTS (SELECT 1 FROM ${name} b)`,
      `SELECT * FROM ${name} UNION ALL SELECT * FROM ${name}`,
    ]);
  }

  #alias(): number {
    return this.#aliases++;
  }

  #queryOf(types: readonly GeneratedType[], outer: Scope, depth: number): string {
    const { random } = this;
    if (depth > 0 && random.chance(0.15)) {
      const operator = random.pick([
        'UNION',
        'UNION ALL',
        'INTERSECT',
        'EXCEPT',
        'INTERSECT ALL',
        'EXCEPT ALL',
      ]);
      const side = (): string => `(${this.#queryOf(types, outer, depth - 1)})`;
      // Of equal values that print differently a set operation keeps either.
      const exact = types.every((type) => !['numeric', 'float8', 'interval'].includes(type));
      return `${side()} ${exact ? operator : 'UNION ALL'} ${side()}`;
    }
    return this.#simple(types, outer, depth);
  }

  #simple(types: readonly GeneratedType[], outer: Scope, depth: number): string {
    const kind = this.random.float();
    if (kind < 0.25) return this.#grouped(types, outer, depth);
    if (kind < 0.38) return this.#windowed(types, outer, depth);
    return this.#plain(types, outer, depth);
  }

  #plain(types: readonly GeneratedType[], outer: Scope, depth: number): string {
    const { random } = this;
    const from = this.#from(outer, random.int(1, 3), depth);
    const scope = [...from.scope, ...outer];
    const items = types.map(
      (type, i) => `${this.#expressions.expr(type, scope, random.int(1, 3))} AS x${i}`,
    );
    const exact = types.every((type) => !['numeric', 'float8', 'interval'].includes(type));
    const distinct = exact && random.chance(0.12) ? 'DISTINCT ' : '';
    return `SELECT ${distinct}${items.join(', ')} FROM ${from.sql}${this.#where(scope)}`;
  }

  #where(scope: Scope): string {
    return this.random.chance(0.7)
      ? ` WHERE ${this.#expressions.expr('bool', scope, this.random.int(1, 3))}`
      : '';
  }

  #grouped(types: readonly GeneratedType[], outer: Scope, depth: number): string {
    const { random } = this;
    const from = this.#from(outer, random.int(1, 2), depth);
    const scope = [...from.scope, ...outer];
    const keyTypes: GeneratedType[] = random
      .shuffled<GeneratedType>(['int', 'text', 'bool', 'date', 'bigint', 'timestamptz', 'int[]'])
      .slice(0, random.int(0, 3));
    // PostgreSQL does not make keys null in totals once it has folded them to constants: the keys of
    // grouping sets are plain columns.
    const hasSets = random.chance(0.25);
    const grouped = keyTypes.flatMap((type): ScopeColumn[] => {
      const key = this.#expressions.expr(type, from.scope, 2);
      const readsColumn = from.scope.some((column) => key.includes(column.sql));
      if (!hasSets && readsColumn) return [{ sql: key, type }];
      const columns = from.scope.filter((column) => column.type === type);
      return columns.length === 0 ? [] : [{ sql: random.pick(columns).sql, type }];
    });
    const inner: ScopeColumn[] = [
      ...grouped,
      // Over outer columns alone an aggregate would belong to the outer query.
      ...Array.from({ length: 3 }, () => this.#aggregate(from.scope)),
    ];
    const items = types.map((type, i) => `${this.#expressions.expr(type, inner, 1)} AS x${i}`);
    const list = grouped.map((key) => key.sql);
    let groupBy = list.length === 0 ? '' : ` GROUP BY ${list.join(', ')}`;
    if (list.length > 0 && hasSets) {
      groupBy = ` GROUP BY ${random.pick(['ROLLUP', 'CUBE'])} (${list.join(', ')})`;
      if (random.chance(0.3))
        groupBy = ` GROUP BY GROUPING SETS ((${list.join(', ')}), (), (${list[0]}))`;
    }
    const having = random.chance(0.3) ? ` HAVING ${this.#expressions.expr('bool', inner, 1)}` : '';
    return `SELECT ${items.join(', ')} FROM ${from.sql}${this.#where(scope)}${groupBy}${having}`;
  }

  #aggregate(scope: Scope): ScopeColumn {
    const { random } = this;
    const arg = (type: GeneratedType): string => this.#expressions.expr(type, scope, 2);
    const filter = random.chance(0.2) ? ` FILTER (WHERE ${arg('bool')})` : '';
    const distinct = random.chance(0.2) ? 'DISTINCT ' : '';
    const ordered = random.pick<GeneratedType>(['int', 'text', 'date', 'timestamptz', 'bigint']);
    const number = random.pick<GeneratedType>(['int', 'bigint', 'numeric']);
    const choice = random.pick<() => ScopeColumn>([
      () => ({ sql: `count(*)${filter}`, type: 'bigint' }),
      () => ({ sql: `count(${distinct}${arg(ordered)})${filter}`, type: 'bigint' }),
      () => ({ sql: `sum(${distinct}${arg('int')})${filter}`, type: 'bigint' }),
      () => ({ sql: `round(sum(${arg(number)})${filter}, 3)`, type: 'numeric' }),
      () => ({ sql: `round(avg(${arg(number)})${filter}, 6)`, type: 'numeric' }),
      () => ({ sql: `${random.pick(['min', 'max'])}(${arg(ordered)})${filter}`, type: ordered }),
      () => ({
        sql: `${random.pick(['bool_and', 'bool_or', 'every'])}(${arg('bool')})${filter}`,
        type: 'bool',
      }),
      () => {
        const value = arg('text');
        return { sql: `string_agg(${value}, ',' ORDER BY ${value})${filter}`, type: 'text' };
      },
      () => {
        const value = arg('int');
        return {
          sql: `array_agg(${distinct}${value} ORDER BY ${value} DESC)${filter}`,
          type: 'int[]',
        };
      },
      () => ({ sql: `${random.pick(['bit_and', 'bit_or'])}(${arg('int')})${filter}`, type: 'int' }),
      () => ({ sql: `percentile_disc(0.5) WITHIN GROUP (ORDER BY ${arg('int')})`, type: 'int' }),
      () => ({ sql: `sum(${this.#expressions.leaf('float8', scope)})${filter}`, type: 'float8' }),
    ]);
    return choice();
  }

  #windowed(types: readonly GeneratedType[], outer: Scope, depth: number): string {
    const { random } = this;
    const from = this.#from(outer, random.int(1, 2), depth);
    const scope = [...from.scope, ...outer];
    const windows = Array.from({ length: 3 }, () => this.#window(from.scope, scope));
    const all = [...scope, ...windows, ...windows];
    const items = types.map((type, i) => `${this.#expressions.expr(type, all, 1)} AS x${i}`);
    return `SELECT ${items.join(', ')} FROM ${from.sql}${this.#where(scope)}`;
  }

  #window(own: Scope, scope: Scope): ScopeColumn {
    const { random } = this;
    const expr = (type: GeneratedType): string => this.#expressions.expr(type, scope, 1);
    const keys = own.filter((column) => column.isKey === true).map((column) => column.sql);
    const isUnique = keys.length > 0 && own.every((column) => column.isKey !== undefined);
    const direction = random.pick(['', ' DESC', ' NULLS FIRST']);
    const partition = random.chance(0.5)
      ? `PARTITION BY ${expr(random.pick(['int', 'text', 'bool']))} `
      : '';
    const peers = `${partition}ORDER BY ${expr(random.pick(['int', 'date', 'text']))}${direction}`;
    if (!isUnique || random.chance(0.4)) {
      return random.pick<() => ScopeColumn>([
        () => ({ sql: `rank() OVER (${peers})`, type: 'bigint' }),
        () => ({ sql: `dense_rank() OVER (${peers})`, type: 'bigint' }),
        () => ({ sql: `count(*) OVER (${peers})`, type: 'bigint' }),
        () => ({ sql: `sum(${expr('int')}) OVER (${partition})`, type: 'bigint' }),
        () => ({ sql: `sum(${expr('int')}) OVER (${peers})`, type: 'bigint' }),
        () => ({ sql: `max(${expr('text')}) OVER (${peers})`, type: 'text' }),
        () => ({ sql: `percent_rank() OVER (${peers})`, type: 'float8' }),
        () => ({
          sql: `sum(${expr('int')}) OVER (${partition}ORDER BY ${expr('int')} RANGE BETWEEN ${random.int(0, 3)} PRECEDING AND ${random.int(0, 3)} FOLLOWING)`,
          type: 'bigint',
        }),
        () => ({
          sql: `count(*) OVER (${peers} GROUPS BETWEEN ${random.int(0, 2)} PRECEDING AND ${random.int(0, 2)} FOLLOWING${random.pick(['', ' EXCLUDE GROUP', ' EXCLUDE TIES'])})`,
          type: 'bigint',
        }),
      ])();
    }
    const exact = `${peers}, ${keys.join(', ')}`;
    const frame = random.pick([
      '',
      ` ROWS BETWEEN ${random.int(0, 3)} PRECEDING AND ${random.int(0, 3)} FOLLOWING`,
      ' ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING',
      ' ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW',
    ]);
    const type = random.pick<GeneratedType>(['int', 'text', 'date', 'bool']);
    return random.pick<() => ScopeColumn>([
      () => ({ sql: `row_number() OVER (${exact})`, type: 'bigint' }),
      () => ({ sql: `ntile(${random.int(1, 4)}) OVER (${exact})`, type: 'int' }),
      () => ({
        sql: `${random.pick(['lag', 'lead'])}(${expr(type)}, ${random.int(0, 2)}) OVER (${exact})`,
        type,
      }),
      () => ({
        sql: `${random.pick(['first_value', 'last_value'])}(${expr(type)}) OVER (${exact}${frame})`,
        type,
      }),
      () => ({ sql: `nth_value(${expr(type)}, 2) OVER (${exact}${frame})`, type }),
      () => ({ sql: `sum(${expr('int')}) OVER (${exact}${frame})`, type: 'bigint' }),
      () => ({ sql: `min(${expr('date')}) OVER (${exact}${frame})`, type: 'date' }),
      () => ({ sql: `string_agg(${expr('text')}, '') OVER (${exact}${frame})`, type: 'text' }),
    ])();
  }

  #from(outer: Scope, items: number, depth: number): FromItem {
    const { random } = this;
    let left = this.#fromItem(depth);
    for (let i = 1; i < items; i++) {
      const lateral = random.chance(0.12);
      const right = lateral
        ? this.#lateral([...left.scope, ...outer], depth)
        : this.#fromItem(depth);
      left = this.#join(left, right, lateral);
    }
    return left;
  }

  #join(left: FromItem, right: FromItem, lateral: boolean): FromItem {
    const { random } = this;
    const scope = [...left.scope, ...right.scope];
    const kind = lateral
      ? random.pick(['CROSS', 'LEFT', 'JOIN'])
      : random.pick(['CROSS', 'JOIN', 'JOIN', 'LEFT', 'LEFT', 'RIGHT', 'FULL', ',']);
    if (kind === 'CROSS') return { sql: `${left.sql} CROSS JOIN ${right.sql}`, scope };
    if (kind === ',') return { sql: `${left.sql} CROSS JOIN ${right.sql}`, scope };
    const join = kind === 'JOIN' ? 'JOIN' : `${kind} JOIN`;
    const equal = this.#equality(left.scope, right.scope);
    let on = equal ?? 'true';
    if (kind !== 'FULL' && random.chance(0.35)) {
      const more = this.#expressions.expr('bool', scope, 2);
      on = equal === undefined || random.chance(0.3) ? more : `${equal} AND ${more}`;
    }
    // The nullable side's keys no longer tell rows apart where they are null.
    return { sql: `${left.sql} ${join} ${right.sql} ON ${on}`, scope };
  }

  #equality(left: Scope, right: Scope): string | undefined {
    const pairs = left.flatMap((a) =>
      right
        .filter((b) => b.type === a.type && a.type !== 'jsonb')
        .map((b) => `${a.sql} = ${b.sql}`),
    );
    return pairs.length === 0 ? undefined : this.random.pick(pairs);
  }

  #fromItem(depth: number): FromItem {
    const { random } = this;
    const alias = `a${this.#alias()}`;
    if (depth > 0 && random.chance(0.2)) {
      const types = random
        .shuffled<GeneratedType>(['int', 'text', 'date', 'numeric', 'bool'])
        .slice(0, 3);
      return {
        sql: `(${this.#queryOf(types, [], depth - 1)}) ${alias}`,
        scope: columnsOf(alias, types),
      };
    }
    if (random.chance(0.08)) {
      return {
        sql: `generate_series(${random.int(-1, 2)}, ${random.int(2, 5)}) ${alias}(n)`,
        scope: [{ sql: `${alias}.n`, type: 'int', isKey: true }],
      };
    }
    const table = random.pick(this.tables);
    return {
      sql: `${table.name} ${alias}`,
      scope: table.columns.map(({ name, type }) => ({
        sql: `${alias}.${name}`,
        type,
        isKey: name === 'id',
      })),
    };
  }

  #lateral(outer: Scope, depth: number): FromItem {
    const alias = `a${this.#alias()}`;
    const types: GeneratedType[] = ['int', this.random.pick(['text', 'date', 'bool'])];
    return {
      sql: `LATERAL (${this.#simple(types, outer, Math.max(depth - 1, 0))}) ${alias}`,
      scope: columnsOf(alias, types),
    };
  }

  #subquery(types: readonly GeneratedType[], outer: Scope): string {
    const { random } = this;
    const from = this.#from([], 1, 0);
    const visible = random.chance(0.6) ? outer : [];
    const scope = [...from.scope, ...visible];
    const where = random.chance(0.8) ? ` WHERE ${this.#expressions.expr('bool', scope, 1)}` : '';
    if (random.chance(0.3)) {
      const items = types.map((type) => {
        const ordered = [
          'int',
          'bigint',
          'text',
          'date',
          'timestamptz',
          'numeric',
          'interval',
          'int[]',
        ].includes(type);
        return ordered
          ? `max(${this.#expressions.expr(type, from.scope, 1)})`
          : this.literalOf(type);
      });
      return `SELECT ${items.join(', ')} FROM ${from.sql}${where}`;
    }
    const items = types.map((type) => this.#expressions.expr(type, scope, 1));
    // LIMIT 1 of a scalar subquery must be determined: order by the value itself.
    const order = types.length === 1 && types[0] !== 'jsonb' ? ' ORDER BY 1' : '';
    return `SELECT ${items.map((item, i) => `${item} AS s${i}`).join(', ')} FROM ${from.sql}${where}${order}`;
  }

  literalOf(type: GeneratedType): string {
    return this.#expressions.literal(type);
  }
}

function columnsOf(alias: string, types: readonly GeneratedType[]): ScopeColumn[] {
  return types.map((type, i) => ({ sql: `${alias}.x${i}`, type }));
}
