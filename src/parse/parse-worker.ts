/** The program of the thread that gives long statements to the grammar: it answers with the tree's JSON. */
import load, { type GrammarModule } from 'libpg-query/wasm/libpg-query.js';
import { serveJobs } from '../platform/threads.ts';
import type { ThreadTree } from './parse-thread.ts';
import { largeParts } from './tree-pieces.ts';

/** Above this the module's memory is given back: it never shrinks by itself. */
const MEMORY_BYTES_MAX = 256 * 1024 * 1024;

let grammar = await load();

serveJobs((job) => {
  const result = parsed(grammar, job as string);
  if (grammar.HEAPU8.length > MEMORY_BYTES_MAX) void load().then((fresh) => (grammar = fresh));
  return {
    result,
    transfer: result.kind === 'tree' ? [result.json.buffer, result.parts.buffer] : [],
  };
});

/** Fields of the results, as C has them: tree, what was printed, error; message, function, file, line, place. */
function parsed(module: GrammarModule, text: string): ThreadTree {
  const bytes = module.lengthBytesUTF8(text) + 1;
  const pointer = module._malloc(bytes);
  module.stringToUTF8(text, pointer, bytes);
  let result: number;
  try {
    result = module._wasm_parse_query_raw(pointer);
  } catch (error) {
    return { kind: 'error', message: String(error), cursor: undefined };
  }
  const field = (address: number, index: number): number =>
    module.getValue(address + index * 4, 'i32') >>> 0;
  try {
    const error = field(result, 2);
    if (error !== 0) {
      const message = module.UTF8ToString(field(error, 0));
      return { kind: 'error', message, cursor: Math.max(1, field(error, 4) | 0) - 1 };
    }
    const tree = field(result, 0);
    const json = module.HEAPU8.slice(tree, module.HEAPU8.indexOf(0, tree));
    return { kind: 'tree', json, parts: largeParts(json) };
  } finally {
    module._free(pointer);
    module._wasm_free_parse_result(result);
  }
}
