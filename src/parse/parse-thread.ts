/**
 * The grammar in another thread, for statements that it takes long for: it cannot stop on the way. The tree
 * comes back as JSON, whose memory is handed over, and is read in steps.
 */
import { Thread, threadProgram } from '../platform/threads.ts';

/** What the thread answers. */
export type ThreadTree =
  | {
      readonly kind: 'tree';
      readonly json: Uint8Array<ArrayBuffer>;
      readonly parts: Uint32Array<ArrayBuffer>;
    }
  | {
      readonly kind: 'error';
      readonly message: string;
      /** Characters before the place of the error. */
      readonly cursor: number | undefined;
    };

const PROGRAM = 'parse-worker';

/** One for the process, as the module itself; null where there can be none. */
let thread: Thread | null | undefined;

/** The thread's answer; undefined where there is no thread, or it has ended. */
export async function parseByThread(text: string): Promise<ThreadTree | undefined> {
  const used = started();
  if (used === null) return undefined;
  try {
    return (await used.run(text, undefined)) as ThreadTree;
  } catch {
    // The caller parses; what is wrong with the text, or the memory, shows there.
    if (thread === used) thread = undefined;
    await used.stop();
    return undefined;
  }
}

/** Uses this program from now on; undefined for none. For tests. */
export async function useParseProgram(file: string | undefined): Promise<void> {
  await thread?.stop();
  thread = file === undefined ? null : new Thread(file);
}

function started(): Thread | null {
  if (thread !== undefined) return thread;
  const file = threadProgram(PROGRAM);
  thread = file === undefined ? null : new Thread(file);
  return thread;
}
