/** What a library that runs inside a process offers to the bench; worker.ts serves it to the main process. */
import type { Answer, Kinds } from '../answers/answer.ts';
import type { Timed } from './system.ts';

export interface Engine {
  readonly version: string;
  execute(statement: string): Promise<void>;
  time(query: string): Promise<Timed>;
  answer(query: string, kinds: Kinds): Promise<Answer>;
  /** First column of the first row. */
  scalar(query: string): Promise<string>;
  close(): Promise<void>;
}

export type Request =
  | { readonly op: 'execute' | 'time' | 'scalar'; readonly sql: string }
  | { readonly op: 'answer'; readonly sql: string; readonly kinds: Kinds }
  | { readonly op: 'close' };

export type Reply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: string };
