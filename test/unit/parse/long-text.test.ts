import fc from '../../support/fast-check.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NodeBody } from '../../../src/parse/ast.ts';
import { longItemsOf } from '../../../src/parse/cut-source.ts';
import { finishNow } from '../../../src/base/steps.ts';
import {
  itemOffset,
  lookThrough,
  LONG_TEXT,
  type Cut,
  type LongItems,
} from '../../../src/parse/long-text.ts';
import { initParser, parseStatements } from '../../../src/parse/parser.ts';
import { failure, parsed, parsedInTurns } from './turns.ts';

beforeAll(() => initParser());

const cutsOf = (sql: string): readonly Cut[] => finishNow(lookThrough(sql)).cuts;

const long = 'x'.repeat(LONG_TEXT);
const numbers = Array.from({ length: 3000 }, (_, i) => i * 7);

/** The tree without the places of items, which may be kept beside it. */
function plainTree(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainTree);
  if (typeof value !== 'object' || value === null) return value;
  const result = Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, plainTree(child)]),
  );
  const { kind, rexpr } = value as { kind?: string; rexpr?: { List?: NodeBody<'List'> } };
  const list = rexpr?.List;
  if (kind !== 'AEXPR_IN' || list === undefined) return result;
  const items = longItemsOf(list)?.values ?? list.items?.map(itemText);
  return { ...result, rexpr: items?.map((item) => (typeof item === 'number' ? `${item}` : item)) };
}

interface Constant {
  readonly ival?: { readonly ival?: number };
  readonly fval?: { readonly fval: string };
  readonly sval?: { readonly sval?: string };
}

function itemText(item: object): unknown {
  const constant = (item as { A_Const?: Constant }).A_Const;
  if (constant === undefined) return plainTree(item);
  if (constant.sval !== undefined) return constant.sval.sval ?? '';
  return constant.fval?.fval ?? String(constant.ival?.ival ?? 0);
}

describe('a long text', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['a string', `select length('${long}') as a, 'é' as b, nosuch`],
    [
      'strings with quotes',
      `select '${"it''s ".repeat(20_000)}', 'é', '${'é'.repeat(50_000)}' as c`,
    ],
    ['statements', `select 'é${long}'; select '${long}'; select 3`],
    [
      'a list of integers',
      `select 'é' from t where id in (${numbers.join(', ')}) and b = 'é' or c`,
    ],
    [
      'a list of negative integers',
      `select id not in (-1,${numbers.map((n) => -n).join(',')}) and b, '${long}'`,
    ],
    [
      'a list of numbers',
      `select id in (1,${numbers.map((n) => `${n}.5`).join(',\n')}, 1e5, .5) and b, '${long}'`,
    ],
    [
      'a list of strings',
      `select id in (${numbers.map((n) => `'k''${n}'`).join(',')}) and b, '${long}'`,
    ],
    [
      'a list of long strings',
      `select id in (${numbers.map((n) => `'${n}'`).join(',')}, '${long}', '${long}') and b`,
    ],
    [
      'lists',
      `select a in (${numbers.join(', ')}), b in ('${numbers.join("','")}'), c in (1, 2) from t`,
    ],
    ['lists in lists', `select a in (1, (b in (${numbers.join(', ')}))::int, 3), '${long}'`],
    [
      'what only looks like a list',
      `select "in"(${numbers.join(', ')}), '${long}' -- in (1, 2\n /* in (${numbers.join(',')}) */`,
    ],
    [
      'lists with more than literals',
      `select a in (${numbers.join(', ')}, b), a in (${numbers.join(', ')} + 1), '${long}'`,
    ],
    [
      'mixed lists',
      `select a in (${numbers.join(', ')}, 'b'), a in (${numbers.join(', ')}, null), '${long}'`,
    ],
    [
      'other strings',
      `select e'${long}\\'', U&'${long}', $$${long}'$$, $a$${long}$$'$a$, B'${'01'.repeat(9000)}', x'ab', n'${long}'`,
    ],
    ['names and parameters', `select "${'n'.repeat(60)}""'", $1, a$b, '${long}'`],
    ['strings in two parts', `select 'a${long}'\n'b${long}', 'c'`],
    ['keys', `select 'cut 0', 'cut ~ 1', '${long}'`],
    ['other nodes', `comment on table t is '${long}'`],
  ];

  for (const [name, sql] of cases) {
    it(`with ${name} is read like any other`, async () => {
      const expected = parseStatements(sql);
      const found = await parsed(sql);
      expect(plainTree(found)).toEqual(plainTree(expected));
    });
  }

  it('is not shortened where that would change its meaning', () => {
    const cuts = (sql: string): number => cutsOf(sql).length;
    expect(cuts(`select '${long}'`)).toBe(1);
    expect(cuts(`select a in (${numbers.join()})`)).toBe(1);
    expect(cuts(`select a in (${numbers.slice(0, 100).join()})`)).toBe(0);
    expect(cuts(`select f(${numbers.join()})`)).toBe(0);
    expect(cuts(`select /* ' */ $$ '${long}' $$, "${long}"`)).toBe(0);
    expect(cuts(`select a in (${numbers.join()}`)).toBe(0);
    expect(cuts(`select '${long}`)).toBe(0);
  });

  it('is read in steps', async () => {
    const many = Array.from({ length: 100_000 }, (_, i) => i);
    const { value, turns } = await parsedInTurns(`select a in (${many.join(', ')})`);
    expect(turns).toBeGreaterThan(10);
    expect(JSON.stringify(value).length).toBeLessThan(1000 + 2 * many.join(', ').length);
  });

  it.each([
    [`select '${long}', from from`],
    [`select 'é😀', '${'é😀'.repeat(30_000)}', from from`],
    [`select a in (${numbers.join(', ')}) from from, '${long}'`],
    [`select '${long}' '${long}'`],
    [`select '${long}' from t where x = '${long}' '`],
    [`select a in (${numbers.join(', ')}`],
    [`select a from in (${numbers.join(', ')}) '${long}'`],
  ])('has its errors where they are: case %#', async (sql) => {
    const expected = await failure(() => parseStatements(sql));
    expect(expected).toHaveProperty('position');
    expect(await failure(() => parsed(sql))).toEqual(expected);
  });

  it('of random pieces is read like any other', async () => {
    const piece = fc.constantFrom(
      `'${'s'.repeat(5000)}'`,
      `'${"é''".repeat(3000)}'`,
      `a in (${numbers.join(',')})`,
      `b not in ('${numbers.join("', '")}')`,
      `"in" (${numbers.slice(0, 1500).join(',')})`,
      `a in (1, 2)`,
      "/* ' in (1 */ 1",
      "e'\\''",
      "$$'$$",
      '$x$ in (1, $x$',
      '1.5e3',
      'c',
      "'é'",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 12 }), async (pieces) => {
        const sql = `select ${pieces.join(', ')}, '${long}'`;
        expect(plainTree(await parsed(sql))).toEqual(plainTree(parseStatements(sql)));
      }),
      { numRuns: 40 },
    );
  });
});

describe('the place of an item', () => {
  const offsets = (list: string, items: readonly string[]): void => {
    const sql = `select '${long}', a in (${list})`;
    const cut = cutsOf(sql).at(-1);
    const content = cut?.content as LongItems;
    for (const i of [0, 1, 500, items.length - 1]) {
      const offset = itemOffset(sql, content, i);
      expect(sql.slice(offset, offset + items[i].length)).toBe(items[i]);
    }
  };

  it('is found in lists of numbers and of strings', () => {
    const signed = numbers.map((n) => (n % 2 === 0 ? `${n}` : `-${n}.25e3`));
    offsets(signed.join(' ,  '), signed);
    const quoted = numbers.map((n) => `'a, ''${n}'`);
    offsets(quoted.join(','), quoted);
  });
});
