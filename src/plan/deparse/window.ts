/** Window specifications as SQL text. */
import { quoteIdentifier } from '../../base/identifier.ts';
import type { Node, WindowDef } from '../../parse/ast.ts';
import type { OneQuery } from './query.ts';

/** Bits of the grammar's frame options. */
const NON_DEFAULT = 0x1;
const RANGE = 0x2;
const ROWS = 0x4;
const GROUPS = 0x8;
const BETWEEN = 0x10;

const STARTS: readonly (readonly [number, string])[] = [
  [0x20, 'UNBOUNDED PRECEDING'],
  [0x200, 'CURRENT ROW'],
  [0x800, ' PRECEDING'],
  [0x2000, ' FOLLOWING'],
];
const ENDS: readonly (readonly [number, string])[] = [
  [0x100, 'UNBOUNDED FOLLOWING'],
  [0x400, 'CURRENT ROW'],
  [0x1000, ' PRECEDING'],
  [0x4000, ' FOLLOWING'],
];
const EXCLUSIONS: readonly (readonly [number, string])[] = [
  [0x8000, 'EXCLUDE CURRENT ROW'],
  [0x10000, 'EXCLUDE GROUP'],
  [0x20000, 'EXCLUDE TIES'],
];

/** (PARTITION BY ... ORDER BY ... frame). */
export function windowSpecification(def: WindowDef, query: OneQuery): void {
  const { out, exprs } = query;
  let separator = '';
  const part = (body: () => void): void => {
    out.add(separator);
    body();
    separator = ' ';
  };
  out.add('(');
  if (def.refname !== undefined) part(() => out.add(quoteIdentifier(def.refname ?? '')));
  if ((def.partitionClause?.length ?? 0) > 0) {
    part(() => {
      out.add('PARTITION BY ');
      (def.partitionClause ?? []).forEach((node, i) => {
        if (i > 0) out.add(', ');
        query.key(query.bound(node));
      });
    });
  }
  if ((def.orderClause?.length ?? 0) > 0) {
    part(() => {
      out.add('ORDER BY ');
      query.sortKeys(def.orderClause ?? [], false);
    });
  }
  const options = def.frameOptions ?? 0;
  if ((options & NON_DEFAULT) !== 0) part(() => out.add(frame()));
  out.add(')');

  function frame(): string {
    const mode =
      (options & ROWS) !== 0
        ? 'ROWS'
        : (options & GROUPS) !== 0
          ? 'GROUPS'
          : (options & RANGE) !== 0
            ? 'RANGE'
            : '';
    const from = bound(STARTS, def.startOffset);
    const text =
      (options & BETWEEN) === 0
        ? `${mode} ${from}`
        : `${mode} BETWEEN ${from} AND ${bound(ENDS, def.endOffset)}`;
    const exclusion = EXCLUSIONS.find(([bit]) => (options & bit) !== 0);
    return exclusion === undefined ? text : `${text} ${exclusion[1]}`;
  }

  function bound(words: readonly (readonly [number, string])[], offset: Node | undefined): string {
    const [, word] = words.find(([bit]) => (options & bit) !== 0) ?? [0, 'CURRENT ROW'];
    if (!word.startsWith(' ')) return word;
    return out.capture(() => exprs.write(query.bound(offset), false)) + word;
  }
}
