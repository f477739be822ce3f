/** The library: the same engine that the server listens with, inside a Node process. */
export {
  open,
  type EmbeddedDatabase,
  type OpenOptions,
  type QueryResult,
} from './server/embedded-database.ts';
export { DbError } from './errors/db-error.ts';
