/** Whether bytes are text: UTF-8 as decoders that refuse errors see it, without zero bytes. */

/** Sixteen bytes after the end must be readable. */
export function isText(at: usize, length: u32): bool {
  const end = at + length;
  for (; at + 16 <= end; at += 16) {
    if (unusual(at) != 0) return areCharacters(at, end);
  }
  const bits = unusual(at) & ((1 << ((end - at) as i32)) - 1);
  return bits == 0 || areCharacters(at, end);
}

/** A bit for each of 16 bytes that is zero or above 127. */
// @ts-ignore: decorator
@inline
function unusual(at: usize): i32 {
  return i8x16.bitmask(i8x16.le_s(v128.load(at), i8x16.splat(0)));
}

function areCharacters(at: usize, end: usize): bool {
  while (at < end) {
    const byte = load<u8>(at);
    if (byte == 0) return false;
    if (byte < 0x80) at++;
    else {
      const size = characterSize(at, end);
      if (size == 0) return false;
      at += size;
    }
  }
  return true;
}

/** Bytes of the character that begins with a byte above 127; 0 where it is none. */
function characterSize(at: usize, end: usize): usize {
  const first = load<u8>(at);
  const second = at + 1 < end ? load<u8>(at + 1) : 0;
  if (!isContinuation(second) || first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return 2;
  if (at + 2 >= end || !isContinuation(load<u8>(at + 2))) return 0;
  if (first < 0xf0) {
    // Overlong forms and surrogates.
    if (first == 0xe0 && second < 0xa0) return 0;
    return first == 0xed && second > 0x9f ? 0 : 3;
  }
  if (at + 3 >= end || !isContinuation(load<u8>(at + 3))) return 0;
  if (first == 0xf0 && second < 0x90) return 0;
  return first == 0xf4 && second > 0x8f ? 0 : 4;
}

// @ts-ignore: decorator
@inline
function isContinuation(byte: u8): bool {
  return (byte & 0xc0) == 0x80;
}
