/** Versions that clients see. `server_version` starts with the PostgreSQL version that we behave as. */
export const VARVE_VERSION = '0.1.0';
export const PG_VERSION = '15.8';
export const PG_VERSION_NUM = 150008;
export const SERVER_VERSION = `${PG_VERSION} (Varve ${VARVE_VERSION})`;
