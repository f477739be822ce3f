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
    /** What `getMany` comes to; that copies each key and takes only Buffers. */
    _getMany(
      keys: readonly Uint8Array[],
      options: { asBuffer: boolean; fillCache: boolean },
      done: Done<(Buffer | undefined)[]>,
    ): void;
    /** Copies what is put at once, which is much quicker than reading it out of an array of objects. */
    _chainedBatch(): rocksdb.Batch;
    iterator(options: {
      gte: Buffer;
      lt: Buffer;
      reverse: boolean;
      limit: number;
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
    interface Batch {
      _put(key: Uint8Array, value: Uint8Array): void;
      _del(key: Uint8Array): void;
      _write(options: { sync: boolean }, done: Done): void;
    }

    interface Iterator {
      /** Entries read ahead, as value, key, value, key ... from last to first. */
      cache: Buffer[] | null | undefined;
      /** Nothing comes after what is read ahead. */
      finished: boolean;
      next(done: (error: Error | null | undefined, key?: Buffer, value?: Buffer) => void): void;
      end(done: Done): void;
    }
  }

  export default rocksdb;
}
