/** Options in parentheses, as EXPLAIN and VACUUM have them. */
import { dbError } from '../../errors/db-error.ts';
import { nodeAs, type Node } from '../../parse/ast.ts';
import { parseBooleanWord } from '../settings/parse-setting.ts';

/** An option's value as text; `on` where it has none. */
export function optionText(value: Node | undefined): string {
  return nodeAs(value, 'String')?.sval ?? String(nodeAs(value, 'Integer')?.ival ?? 'on');
}

export function booleanOption(name: string, text: string): boolean {
  const parsed = parseBooleanWord(text);
  if (parsed === undefined) throw dbError('syntax_error', `${name} requires a Boolean value`);
  return parsed === 'on';
}
