/** Which systems stand alone with their answer: those that differ from the one that most agree with. */
import type { Answer } from '../answers/answer.ts';
import { difference } from '../answers/compare.ts';
import type { QueryType } from '../queries/query.ts';

export interface Given {
  readonly dialect: string;
  readonly title: string;
  readonly answers: readonly Answer[];
}

/** By dialect, how it differs; nothing for those that agree. */
export function disagreements(given: readonly Given[], type: QueryType): Map<string, string> {
  const found = given.map((one) => given.map((other) => differs(one, other, type)));
  const agreeing = found.map((row) => row.filter((text) => text === undefined).length);
  const most = agreeing.indexOf(Math.max(...agreeing));
  return new Map(
    given.flatMap(({ dialect }, i) => {
      const text = found[most][i];
      return text === undefined ? [] : [[dialect, `${given[most].title} says ${text}`] as const];
    }),
  );
}

function differs(a: Given, b: Given, type: QueryType): string | undefined {
  if (a === b) return undefined;
  const innerOnly = a.dialect === 'victoria' || b.dialect === 'victoria';
  const count = Math.min(a.answers.length, b.answers.length);
  for (let i = 0; i < count; i++) {
    const text = difference(a.answers[i], b.answers[i], { columns: type.compare, innerOnly });
    if (text !== undefined) return text.slice(0, 300);
  }
  return undefined;
}
