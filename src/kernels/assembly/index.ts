/** The kernels' exports, one file per family. AssemblyScript: compiled to dist/kernels.wasm by the build. */
export * from './summarize';
export * from './lanes';
export { splitText } from './split-text';
export { splitCsv } from './split-csv';
export { readBooleans, readFloats, readIntegers, splitBinary } from './split-binary';
export { parseFloats, parseIntegers, widePowers } from './parse-number';
export { parseBooleans, parseDates, parseTimestamps } from './parse-time';
export { rehashTexts, textCode, textCodes } from './text-table';
export { splitEntries, writeLines, writeTuples } from './data-row';
