/** Options of COPY, in the new parenthesised form and the old keyword form (the grammar maps both). */
import { dbError, notSupported } from '../../errors/db-error.ts';
import { nameList, nodeAs, type Node } from '../../parse/ast.ts';
import { parseBooleanWord } from '../settings/parse-setting.ts';

export interface CopyOptions {
  readonly format: 'text' | 'csv' | 'binary';
  readonly delimiter: string;
  readonly nullText: string;
  readonly header: boolean | 'match';
  readonly quote: string;
  readonly escape: string;
  /** null: none; '*' all columns. */
  readonly forceQuote: readonly string[] | '*' | null;
  readonly forceNotNull: readonly string[];
  readonly forceNull: readonly string[];
  readonly freeze: boolean;
}

export function readCopyOptions(nodes: readonly Node[], isFrom: boolean): CopyOptions {
  const given = new Map<string, Node | undefined>();
  for (const node of nodes) {
    const element = nodeAs(node, 'DefElem');
    if (element?.defname === undefined) continue;
    if (given.has(element.defname))
      throw dbError('syntax_error', 'conflicting or redundant options');
    given.set(element.defname, element.arg);
  }
  for (const name of ['force_not_null', 'force_null']) {
    if (!given.has(name) || nodeAs(given.get(name), 'List') !== undefined) continue;
    throw dbError(
      'invalid_parameter_value',
      `argument to option "${name}" must be a list of column names`,
    );
  }
  const format = (textOf(given.get('format')) ?? 'text').toLowerCase();
  if (format !== 'text' && format !== 'csv' && format !== 'binary') {
    throw dbError('invalid_parameter_value', `COPY format "${format}" not recognized`);
  }
  requireKnown(given);
  const csv = format === 'csv';
  if (format === 'binary') refuseForBinary(given);
  const quote = textOf(given.get('quote')) ?? '"';
  const options: CopyOptions = {
    format,
    delimiter: textOf(given.get('delimiter')) ?? (csv ? ',' : '\t'),
    nullText: textOf(given.get('null')) ?? (csv ? '' : '\\N'),
    header: headerOf(given, isFrom),
    quote,
    escape: textOf(given.get('escape')) ?? quote,
    forceQuote: columnsOf(given.get('force_quote'), given.has('force_quote')),
    forceNotNull: listOf(given.get('force_not_null')),
    forceNull: listOf(given.get('force_null')),
    freeze: booleanOf(given, 'freeze'),
  };
  validate(options, given, isFrom);
  return options;
}

const KNOWN = new Set([
  'format',
  'freeze',
  'delimiter',
  'null',
  'header',
  'quote',
  'escape',
  'force_quote',
  'force_not_null',
  'force_null',
  'encoding',
  'default',
  'on_error',
  'log_verbosity',
]);

function requireKnown(given: ReadonlyMap<string, Node | undefined>): void {
  for (const name of given.keys()) {
    if (!KNOWN.has(name)) throw dbError('syntax_error', `option "${name}" not recognized`);
    if (name === 'default' || name === 'on_error' || name === 'log_verbosity') {
      throw notSupported(`COPY option ${name.toUpperCase()}`);
    }
  }
  const encoding = textOf(given.get('encoding'));
  if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) {
    throw notSupported(`COPY with encoding ${encoding}`);
  }
}

function refuseForBinary(given: ReadonlyMap<string, Node | undefined>): void {
  for (const name of ['delimiter', 'null']) {
    if (given.has(name))
      throw dbError('syntax_error', `cannot specify ${name.toUpperCase()} in BINARY mode`);
  }
  if (given.has('header')) throw dbError('syntax_error', 'cannot specify HEADER in BINARY mode');
}

function textOf(node: Node | undefined): string | undefined {
  return nodeAs(node, 'String')?.sval;
}

function headerOf(
  given: ReadonlyMap<string, Node | undefined>,
  isFrom: boolean,
): boolean | 'match' {
  if (!given.has('header')) return false;
  const node = given.get('header');
  if (node === undefined) return true;
  const boolean = nodeAs(node, 'Boolean');
  if (boolean !== undefined) return boolean.boolval === true;
  const word = textOf(node) ?? String(nodeAs(node, 'Integer')?.ival ?? 0);
  if (word.toLowerCase() === 'match') {
    if (isFrom) return 'match';
    throw dbError('invalid_parameter_value', 'cannot use "match" with HEADER in COPY TO');
  }
  const parsed = parseBooleanWord(word);
  if (parsed === undefined) {
    throw dbError('syntax_error', 'header requires a Boolean value or "match"');
  }
  return parsed === 'on';
}

function booleanOf(given: ReadonlyMap<string, Node | undefined>, name: string): boolean {
  if (!given.has(name)) return false;
  const node = given.get(name);
  const boolean = nodeAs(node, 'Boolean');
  if (node === undefined || boolean !== undefined) return boolean?.boolval ?? node === undefined;
  const parsed = parseBooleanWord(textOf(node) ?? String(nodeAs(node, 'Integer')?.ival ?? 0));
  if (parsed !== undefined) return parsed === 'on';
  throw dbError('syntax_error', `${name} requires a Boolean value`);
}

function columnsOf(node: Node | undefined, present: boolean): readonly string[] | '*' | null {
  if (!present) return null;
  return node !== undefined && nodeAs(node, 'A_Star') !== undefined ? '*' : listOf(node);
}

function listOf(node: Node | undefined): readonly string[] {
  return nameList(nodeAs(node, 'List')?.items);
}

function validate(
  options: CopyOptions,
  given: ReadonlyMap<string, Node | undefined>,
  isFrom: boolean,
): void {
  const csv = options.format === 'csv';
  if (options.format === 'binary') return;
  if (utf8Length(options.delimiter) !== 1) {
    throw dbError('feature_not_supported', 'COPY delimiter must be a single one-byte character');
  }
  if (/[\r\n]/.test(options.delimiter)) {
    throw dbError('invalid_parameter_value', 'COPY delimiter cannot be newline or carriage return');
  }
  if (/[\r\n]/.test(options.nullText)) {
    throw dbError(
      'invalid_parameter_value',
      'COPY null representation cannot use newline or carriage return',
    );
  }
  if (!csv && /[\\.a-z0-9]/.test(options.delimiter)) {
    throw dbError('invalid_parameter_value', `COPY delimiter cannot be "${options.delimiter}"`);
  }
  for (const name of ['quote', 'escape', 'force_quote', 'force_not_null', 'force_null']) {
    if (!csv && given.has(name)) {
      throw dbError(
        'feature_not_supported',
        `COPY ${name.replaceAll('_', ' ')} available only in CSV mode`,
      );
    }
  }
  if (csv && utf8Length(options.quote) !== 1) {
    throw dbError('feature_not_supported', 'COPY quote must be a single one-byte character');
  }
  if (csv && options.delimiter === options.quote) {
    throw dbError('invalid_parameter_value', 'COPY delimiter and quote must be different');
  }
  if (csv && utf8Length(options.escape) !== 1) {
    throw dbError('feature_not_supported', 'COPY escape must be a single one-byte character');
  }
  if (isFrom && given.has('force_quote')) {
    throw dbError('feature_not_supported', 'COPY force quote only available using COPY TO');
  }
  if (!isFrom && (given.has('force_not_null') || given.has('force_null'))) {
    throw dbError('feature_not_supported', 'COPY force not null only available using COPY FROM');
  }
}

/** Columns that the FORCE options name must be among those that are copied. */
export function requireForcedColumns(
  { forceQuote, forceNotNull, forceNull }: CopyOptions,
  copied: readonly string[],
  relation: { readonly name: string; readonly columns: readonly string[] } | undefined,
): void {
  const lists = [
    ['FORCE_QUOTE', forceQuote === '*' ? null : forceQuote],
    ['FORCE_NOT_NULL', forceNotNull],
    ['FORCE_NULL', forceNull],
  ] as const;
  for (const [option, names] of lists) {
    const seen = new Set<string>();
    for (const name of names ?? []) {
      if (!(relation?.columns ?? copied).includes(name)) {
        const of = relation === undefined ? '' : ` of relation "${relation.name}"`;
        throw dbError('undefined_column', `column "${name}"${of} does not exist`);
      }
      if (seen.has(name))
        throw dbError('duplicate_column', `column "${name}" specified more than once`);
      seen.add(name);
    }
    const missing = names?.find((name) => !copied.includes(name));
    if (missing !== undefined) {
      throw dbError(
        'invalid_column_reference',
        `${option} column "${missing}" not referenced by COPY`,
      );
    }
  }
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
