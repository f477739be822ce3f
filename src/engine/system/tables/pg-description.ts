/** pg_description and pg_shdescription: comments. */
import { FIRST_USER_OID, type RelationDescriptor } from '../../../catalog/catalog.ts';
import { SYSTEM_OIDS } from '../system-oids.ts';
import { catalogTable, versionedTable, type Row } from '../virtual-table.ts';
import { EXTENSION_COMMENTS } from './database.ts';

const classOid = (name: string): number => SYSTEM_OIDS.get(name) as number;
const PG_CLASS = classOid('pg_class');
const PG_CONSTRAINT = classOid('pg_constraint');
const PG_NAMESPACE = classOid('pg_namespace');
const PG_EXTENSION = classOid('pg_extension');
const PG_AUTHID = classOid('pg_authid');
const PG_DATABASE = classOid('pg_database');

function* relationComments(relation: RelationDescriptor): Iterable<Row> {
  if ('comment' in relation && relation.comment !== undefined)
    yield [relation.oid, PG_CLASS, 0, relation.comment];
  if (relation.kind === 'table') {
    for (const { oid, comment } of relation.constraints) {
      if (comment !== undefined) yield [oid, PG_CONSTRAINT, 0, comment];
    }
  }
  if (!('columns' in relation)) return;
  for (const { attnum, comment, dropped } of relation.columns) {
    if (comment !== undefined && dropped !== true) yield [relation.oid, PG_CLASS, attnum, comment];
  }
}

export const pgDescription = versionedTable('pg_description', function* (catalog) {
  for (const { oid, comment } of catalog.schemas()) {
    if (comment !== undefined) yield [oid, PG_NAMESPACE, 0, comment];
  }
  for (const [oid, comment] of EXTENSION_COMMENTS) yield [oid, PG_EXTENSION, 0, comment];
  for (const relation of catalog.relations()) {
    // Computing a system view's columns for comments that it cannot have would bind it.
    if (relation.oid >= FIRST_USER_OID) yield* relationComments(relation);
  }
});

export const pgShdescription = catalogTable('pg_shdescription', function* (session) {
  const catalog = session.catalog();
  const database = catalog.object(catalog.databaseOid);
  const databaseComment = database?.kind === 'database' ? database.comment : DATABASE_COMMENT;
  if (databaseComment !== undefined) yield [catalog.databaseOid, PG_DATABASE, databaseComment];
  for (const { oid, comment } of catalog.roles()) {
    if (comment !== undefined) yield [oid, PG_AUTHID, comment];
  }
});

const DATABASE_COMMENT = 'default administrative connection database';
