/** Opens the hypertable store over what segments hold; the caller then applies the rest of the log. */
import type { HypertableStore } from './hypertable-store.ts';
import { SegmentKeeper } from './segment-keeper.ts';
import { Store, type HypertableStoreOptions } from './store.ts';

export type { HypertableStoreOptions } from './store.ts';

export async function openHypertableStore(
  options: HypertableStoreOptions,
): Promise<HypertableStore> {
  return new Store(options, new SegmentKeeper(), {
    sequence: options.sequenceApplied,
    tables: new Map(),
  });
}
