/** The part of yargs that the command line uses; the package comes without types. */
declare module 'yargs' {
  export interface OptionDescription {
    readonly type: 'string' | 'number' | 'boolean';
    readonly describe: string;
    readonly requiresArg?: boolean;
    readonly demandOption?: boolean;
    readonly default?: string | number | boolean;
  }

  type ValueOf<O extends OptionDescription> = O['type'] extends 'string'
    ? string
    : O['type'] extends 'number'
      ? number
      : boolean;

  type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
    ? `${Head}${Capitalize<CamelCase<Tail>>}`
    : Name;

  export interface Argv<Flags = object> {
    option<Name extends string, O extends OptionDescription>(
      name: Name,
      option: O,
    ): Argv<Flags & { readonly [N in CamelCase<Name>]?: ValueOf<O> }>;
    command<Own>(
      name: string,
      describe: string,
      build: (command: Argv) => Argv<Own>,
      run: (flags: Own) => void | Promise<void>,
    ): Argv<Flags>;
    scriptName(name: string): Argv<Flags>;
    usage(text: string): Argv<Flags>;
    version(text: string): Argv<Flags>;
    help(): Argv<Flags>;
    strict(): Argv<Flags>;
    demandCommand(count: number, message: string): Argv<Flags>;
    parserConfiguration(settings: Record<string, boolean>): Argv<Flags>;
    wrap(columns: number): Argv<Flags>;
    exitProcess(exit: boolean): Argv<Flags>;
    showHelpOnFail(show: boolean): Argv<Flags>;
    fail(handle: (message: string, error: Error | undefined) => void): Argv<Flags>;
    parseAsync(
      words: readonly string[],
      context: object,
      callback: (error: Error | undefined, flags: unknown, output: string) => void,
    ): Promise<unknown>;
  }

  export default function yargs(words: readonly string[]): Argv;
}
