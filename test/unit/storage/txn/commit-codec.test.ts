import { expect, it } from 'vitest';
import { crc32c } from '../../../../src/base/crc32c.ts';
import { decodeCommit, encodeCommit, packValue } from '../../../../src/storage/txn/commit-codec.ts';
import type { CommitRecord } from '../../../../src/storage/txn/commit-record.ts';

it('writes hypertable parts of any size as the packer does', () => {
  for (const length of [0, 1, 254, 255, 65_535, 65_536, 300_000]) {
    const hypertables = Uint8Array.from({ length }, (_, i) => i * 7);
    const record: CommitRecord = {
      tables: [],
      catalog: [],
      droppedStorage: [7],
      sequences: [{ oid: 5, lastValue: '12', isCalled: true }],
      hypertables,
    };
    const { payload, checksum } = encodeCommit(record);
    const rest = packValue([[], [7], [[5, '12', true]], hypertables]);
    expect(Buffer.compare(payload.subarray(-rest.length), rest)).toBe(0);
    expect(checksum).toBe(crc32c(payload));
    const read = decodeCommit(payload).hypertables as Uint8Array;
    expect(Buffer.compare(read, hypertables)).toBe(0);
  }
});
