/** The part of the npm package `rocksdb` that kv/rocks.ts uses; the package has no types. */
declare module 'rocksdb' {
  type Done<T = void> = (error: Error | null | undefined, result?: T) => void;

  interface rocksdb {
    open(
      options: {
        createIfMissing: boolean;
        errorIfExists?: boolean;
        compression: boolean;
        cacheSize: number;
        writeBufferSize: number;
        blockSize: number;
        maxOpenFiles: number;
      },
      done: Done,
    ): void;
    /** What `getMany` and `batch` come to; those copy each key and value and take only Buffers. */
    _getMany(
      keys: readonly Uint8Array[],
      options: { asBuffer: boolean; fillCache: boolean },
      done: Done<(Buffer | undefined)[]>,
    ): void;
    _batch(
      operations: readonly (
        | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
        | { readonly type: 'del'; readonly key: Uint8Array }
      )[],
      options: { sync: boolean },
      done: Done,
    ): void;
    iterator(options: {
      gte: Buffer;
      lt: Buffer;
      reverse: boolean;
      highWaterMark: number;
      fillCache: boolean;
      keyAsBuffer: boolean;
      valueAsBuffer: boolean;
    }): rocksdb.Iterator;
    clear(range: { gte: Buffer; lt: Buffer }, done: Done): void;
    approximateSize(from: Buffer, to: Buffer, done: Done<number>): void;
    compactRange(from: Buffer, to: Buffer, done: Done): void;
    getProperty(name: string): string;
    close(done: Done): void;
  }

  function rocksdb(location: string): rocksdb;

  namespace rocksdb {
    interface Iterator {
      /** Entries read ahead, as value, key, value, key ... from last to first. */
      cache: Buffer[] | null | undefined;
      next(done: (error: Error | null | undefined, key?: Buffer, value?: Buffer) => void): void;
      end(done: Done): void;
    }
  }

  export default rocksdb;
}
