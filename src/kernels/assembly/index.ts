/** The kernels' exports, one file per family. AssemblyScript: compiled to dist/kernels.wasm by the build. */
export * from './summarize';
