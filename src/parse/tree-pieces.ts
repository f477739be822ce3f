/**
 * Reads JSON of megabytes in steps. `largeParts` looks for what is large in it, which may be done in another
 * thread; `readPieces` goes into these parts and leaves all others, some of them at a time, to JSON.parse.
 */

/** Bytes of what JSON.parse gets at a time: some tenths of a millisecond. */
const PIECE_BYTES = 16 * 1024;
const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
const DECODER = new TextDecoder();

/** Where each array or object of a piece or more begins and ends (behind its bracket), in order of beginnings. */
export function largeParts(json: Uint8Array): Uint32Array<ArrayBuffer> {
  const open: number[] = [];
  const found: { readonly start: number; readonly end: number }[] = [];
  for (let at = 0; at < json.length; at++) {
    const code = json[at];
    if (code === QUOTE) at = stringEnd(json, at);
    else if (isOpening(code)) open.push(at);
    else if (isClosing(code)) {
      const start = open.pop() ?? 0;
      if (at + 1 - start >= PIECE_BYTES) found.push({ start, end: at + 1 });
    }
  }
  found.sort((a, b) => a.start - b.start);
  return Uint32Array.from(found.flatMap(({ start, end }) => [start, end]));
}

type Container = unknown[] | Record<string, unknown>;

/** A large part that is being read. */
interface Frame {
  readonly value: Container;
  /** What was not read yet. */
  at: number;
  readonly end: number;
  /** Of an object: the key whose value is being read. */
  key: string;
}

/** What JSON.parse gives of the same. */
export function* readPieces(json: Uint8Array, parts: Uint32Array): Generator<void, unknown, void> {
  if (parts.length === 0) return JSON.parse(textOf(json, 0, json.length));
  const stack = [frameOf(json, parts, 0)];
  let next = 1;
  let bytes = 0;
  for (;;) {
    const frame = stack.at(-1) as Frame;
    const child = next * 2 < parts.length ? parts[next * 2] : json.length;
    const hasChild = child < frame.end;
    const before = frame.at;
    const isRead = readSmall(json, frame, hasChild ? child : frame.end - 1, hasChild);
    bytes += frame.at - before;
    if (bytes >= PIECE_BYTES) {
      bytes = 0;
      yield;
    }
    if (!isRead) continue;
    if (hasChild) stack.push(frameOf(json, parts, next++));
    else {
      stack.pop();
      const parent = stack.at(-1);
      if (parent === undefined) return frame.value;
      parent.at = frame.end;
      if (Array.isArray(parent.value)) parent.value.push(frame.value);
      else parent.value[parent.key] = frame.value;
    }
  }
}

function frameOf(json: Uint8Array, parts: Uint32Array, index: number): Frame {
  const start = parts[index * 2];
  const value = isArrayStart(json[start]) ? [] : {};
  return { value, at: start + 1, end: parts[index * 2 + 1], key: '' };
}

/** Reads a piece of what stands before a large part, or before the end; true when all of it is read. */
function readSmall(json: Uint8Array, frame: Frame, end: number, hasChild: boolean): boolean {
  const { value } = frame;
  if (frame.at < end && json[frame.at] === COMMA) frame.at++;
  if (frame.at >= end) return true;
  if (Array.isArray(value)) {
    const limit = end - frame.at > PIECE_BYTES ? commaBehind(json, frame.at, end) : end;
    const to = json[limit - 1] === COMMA ? limit - 1 : limit;
    for (const item of JSON.parse(`[${textOf(json, frame.at, to)}]`) as unknown[]) value.push(item);
    frame.at = limit;
    return limit === end;
  }
  // The key of the large part comes last: its place in the object is kept.
  const text = textOf(json, frame.at, end);
  const fields = JSON.parse(hasChild ? `{${text}null}` : `{${text}}`) as Record<string, unknown>;
  for (const key in fields) {
    value[key] = fields[key];
    frame.key = key;
  }
  frame.at = end;
  return true;
}

/** Behind a comma between items, about a piece away; the end where there is none. */
function commaBehind(json: Uint8Array, start: number, end: number): number {
  let depth = 0;
  for (let at = start; at < end; at++) {
    const code = json[at];
    if (code === QUOTE) at = stringEnd(json, at);
    else if (isOpening(code)) depth++;
    else if (isClosing(code)) depth--;
    else if (code === COMMA && depth === 0 && at - start >= PIECE_BYTES) return at + 1;
  }
  return end;
}

/** The closing quote of the string that begins here. */
function stringEnd(json: Uint8Array, start: number): number {
  let at = start + 1;
  while (json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
  return at;
}

function textOf(json: Uint8Array, start: number, end: number): string {
  return DECODER.decode(json.subarray(start, end));
}

function isArrayStart(code: number): boolean {
  return code === 91;
}

function isOpening(code: number): boolean {
  return code === 91 || code === 123;
}

function isClosing(code: number): boolean {
  return code === 93 || code === 125;
}
