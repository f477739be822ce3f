/** WITH ( ) of views, and WITH CHECK OPTION, which is one of these options. */
import type { ViewDescriptor } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import { nodeAs, type Node } from '../../parse/ast.ts';
import { checkOptionRefusal } from '../../plan/updatable.ts';
import type { SessionContext } from '../session-context.ts';
import { parseBooleanWord } from '../settings/parse-setting.ts';
import { optionText } from './hypertable-options.ts';

const BOOLEANS = new Set(['security_barrier', 'security_invoker']);

/** The options with those of `nodes` set. */
export function setViewOptions(options: readonly string[], nodes: readonly Node[]): string[] {
  let changed = [...options];
  for (const node of nodes) {
    const element = nodeAs(node, 'DefElem');
    if (element === undefined) continue;
    const name = requireOption(element);
    const value = optionText(element.arg).toLowerCase();
    changed = [...withoutOption(changed, name), `${name}=${checkedValue(name, value)}`];
  }
  return changed;
}

/** The options with those of `nodes` at their defaults again. */
export function resetViewOptions(options: readonly string[], nodes: readonly Node[]): string[] {
  let changed = [...options];
  for (const node of nodes) {
    const element = nodeAs(node, 'DefElem');
    if (element !== undefined) changed = withoutOption(changed, requireOption(element));
  }
  return changed;
}

/** What WITH CHECK OPTION after the query says, as an option. */
export function checkOptionOf(clause: string | undefined): string[] {
  if (clause === 'LOCAL_CHECK_OPTION') return ['check_option=local'];
  return clause === 'CASCADED_CHECK_OPTION' ? ['check_option=cascaded'] : [];
}

/** 0A000 where a view that cannot be changed has a check option. */
export function requireCheckable(session: SessionContext, view: ViewDescriptor): void {
  if (view.options?.some((option) => option.startsWith('check_option=')) !== true) return;
  const refusal = checkOptionRefusal(view, session.bindEnvironment('', []));
  if (refusal === undefined) return;
  throw dbError('feature_not_supported', {
    message: 'WITH CHECK OPTION is supported only on automatically updatable views',
    hint: refusal,
  });
}

function requireOption({
  defname = '',
  defnamespace,
}: {
  readonly defname?: string;
  readonly defnamespace?: string;
}): string {
  if (defnamespace !== undefined && defnamespace !== '') {
    throw dbError('invalid_parameter_value', `unrecognized parameter namespace "${defnamespace}"`);
  }
  if (defname === 'check_option' || BOOLEANS.has(defname)) return defname;
  throw dbError('invalid_parameter_value', `unrecognized parameter "${defname}"`);
}

function checkedValue(name: string, value: string): string {
  if (BOOLEANS.has(name)) {
    // Kept in one form: who asks for an option compares texts.
    const word = parseBooleanWord(value);
    if (word !== undefined) return String(word === 'on');
    throw dbError(
      'invalid_parameter_value',
      `invalid value for boolean option "${name}": ${value}`,
    );
  }
  if (value === 'local' || value === 'cascaded') return value;
  throw dbError('invalid_parameter_value', {
    message: `invalid value for enum option "check_option": ${value}`,
    detail: 'Valid values are "local" and "cascaded".',
  });
}

function withoutOption(options: readonly string[], name: string): string[] {
  return options.filter((option) => !option.startsWith(`${name}=`));
}
