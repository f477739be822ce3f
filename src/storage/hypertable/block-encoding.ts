/** Says how the values of a block are encoded, by its first vector; docs/format/segment.md has the layout. */
import type { BytesReader } from './bytes-io.ts';
import { BLOCK_VERSION, openSealed } from './column-block.ts';

const LANE_SCHEMES = ['constant', 'runs', 'plain', 'offsets', 'deltas', 'dictionary'];
const DOUBLE_FORMS = ['raw doubles', 'whole numbers', 'distinct doubles', 'split doubles'];

/** `deltas, 16 bits`, `split doubles`, `strings`, `bitmap` and the like. */
export function blockEncoding(bytes: Uint8Array | undefined): string {
  const reader = openSealed(bytes, BLOCK_VERSION, 'a column block');
  const form = reader.u8();
  const rows = reader.u32();
  if (reader.u8() === 1) reader.skip((rows + 7) >>> 3);
  if (form === 0) return numbersEncoding(reader);
  return ['bitmap', 'strings', 'values'][form - 1] ?? 'unknown';
}

function numbersEncoding(reader: BytesReader): string {
  const width = reader.u8();
  if (width === 0) return DOUBLE_FORMS[reader.u8()] ?? 'unknown';
  // Places, base and factor.
  reader.skip(17);
  const scheme = reader.u8() === 1 ? 'symbols' : (LANE_SCHEMES[reader.u8()] ?? 'unknown');
  return `${scheme}, ${width} bits`;
}
