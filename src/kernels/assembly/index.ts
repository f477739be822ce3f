/** The kernels' exports, one file per family. AssemblyScript: compiled to dist/kernels.wasm by the build. */
export * from './summarize';
export * from './lanes';
export { decodeLanesU8, decodeLanesU16, decodeLanesU32 } from './decode-lanes';
export { encodeLanesU8, encodeLanesU16, encodeLanesU32 } from './encode-lanes';
export * from './analyse';
export * from './bitmap';
export * from './registers';
export * from './select';
export * from './wide';
export { decodeSymbols, encodeSymbols, symbolTable } from './entropy';
export { splitText } from './split-text';
export { countBare, splitValues } from './split-values';
export { splitCsv } from './split-csv';
export { readBooleans, readFloats, readIntegers, splitBinary } from './split-binary';
export { parseFloats, parseIntegers, widePowers } from './parse-number';
export { parseBooleans, parseDates, parseTimestamps } from './parse-time';
export { rehashTexts, textCode, textCodes } from './text-table';
export { splitEntries, writeLines, writeTuples } from './data-row';
