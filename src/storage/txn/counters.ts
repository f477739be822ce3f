/** OIDs and storage ids: handed out once, also where the transaction that asked for one rolls back. */
import type { CatalogChange, CatalogSnapshot } from '../../catalog/catalog.ts';
import type { Oid } from '../../types/type.ts';

export class Counters {
  #nextOid = 0;
  #nextStorageId = 0;

  allocateOid(catalog: CatalogSnapshot): Oid {
    const oid = Math.max(this.#nextOid, catalog.nextOid);
    this.#nextOid = oid + 1;
    return oid;
  }

  allocateStorageId(catalog: CatalogSnapshot): number {
    const storageId = Math.max(this.#nextStorageId, catalog.nextStorageId);
    this.#nextStorageId = storageId + 1;
    return storageId;
  }

  /** The change that makes the counters' state part of a commit. */
  change(): CatalogChange {
    return { change: 'counters', nextOid: this.#nextOid, nextStorageId: this.#nextStorageId };
  }
}
