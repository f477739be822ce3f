/** Threads that help the event loop's with many kernel calls at once. */
import { parallelism } from '../platform/threads.ts';
import {
  finishCalls,
  listBytes,
  runCalls,
  takeCalls,
  writeCalls,
  type KernelCall,
} from './call-list.ts';
import { KernelThread } from './kernel-thread.ts';
import { freeBlock, tryAllocate, type KernelBlock } from './memory.ts';

const PROGRAM = 'call-worker';
/** More would have to share the memory's bandwidth. */
const HELPERS_MAX = 3;
/** Lists that a helper may have before it, of which the later ones come to it when they are done. */
const OFFERS_MAX = 2;

export class KernelTeam {
  #helpers: readonly KernelThread[] | undefined;

  /** `helpers` only where they are to be others than the program's own. */
  constructor(helpers?: readonly KernelThread[]) {
    this.#helpers = helpers;
  }

  /**
   * Makes all calls; helpers make some of them where they are free. The result is to be called when what is
   * in `own`, which nobody else uses, has been read: it is freed when the last helper has let go of it, too,
   * for one that is late may still write there. `others` stay what they are until then. `redo` gives the call
   * to make in the place of one that is late, where the two must not write to the same memory.
   */
  run(
    calls: readonly KernelCall[],
    own: KernelBlock,
    others: readonly KernelBlock[],
    redo?: (call: number) => KernelCall,
  ): () => void {
    const helpers = this.#started().filter(({ waiting }) => waiting < OFFERS_MAX);
    const list = helpers.length === 0 ? undefined : tryAllocate(listBytes(calls.length));
    if (list === undefined) {
      runCalls(calls);
      return () => freeBlock(own);
    }
    writeCalls(calls, list.pointer);
    const blocks = [list, own, ...others];
    const offers = helpers.map((helper) =>
      helper.run(list.pointer, blocks).catch(() => this.#dismiss(helper)),
    );
    takeCalls(list.pointer);
    finishCalls(list.pointer, redo);
    return () =>
      void Promise.all(offers).then(() => {
        freeBlock(list);
        freeBlock(own);
      });
  }

  /** Whether no helper has anything that it may still write to. */
  get isIdle(): boolean {
    return (this.#helpers ?? []).every(({ waiting }) => waiting === 0);
  }

  async stop(): Promise<void> {
    const helpers = this.#helpers ?? [];
    this.#helpers = [];
    await Promise.all(helpers.map((helper) => helper.stop()));
  }

  /** One that has failed. */
  #dismiss(helper: KernelThread): Promise<void> {
    this.#helpers = this.#helpers?.filter((each) => each !== helper);
    return helper.stop();
  }

  #started(): readonly KernelThread[] {
    if (this.#helpers === undefined) {
      const count = Math.min(HELPERS_MAX, parallelism() - 1);
      const started = Array.from({ length: count }, () => KernelThread.start(PROGRAM));
      this.#helpers = started.filter((helper) => helper !== undefined);
    }
    return this.#helpers;
  }
}

/** The program's own. */
export const kernelTeam = new KernelTeam();
