-- Roles without their secrets, and the views that older tools ask.

CREATE VIEW pg_catalog.pg_roles AS
SELECT a.rolname,
       a.rolsuper,
       a.rolinherit,
       a.rolcreaterole,
       a.rolcreatedb,
       a.rolcanlogin,
       a.rolreplication,
       a.rolconnlimit,
       '********'::text AS rolpassword,
       a.rolvaliduntil,
       a.rolbypassrls,
       s.setconfig AS rolconfig,
       a.oid
FROM pg_authid a
LEFT JOIN pg_db_role_setting s ON s.setrole = a.oid AND s.setdatabase = 0;

CREATE VIEW pg_catalog.pg_shadow AS
SELECT a.rolname AS usename,
       a.oid AS usesysid,
       a.rolcreatedb AS usecreatedb,
       a.rolsuper AS usesuper,
       a.rolreplication AS userepl,
       a.rolbypassrls AS usebypassrls,
       a.rolpassword AS passwd,
       a.rolvaliduntil AS valuntil,
       s.setconfig AS useconfig
FROM pg_authid a
LEFT JOIN pg_db_role_setting s ON s.setrole = a.oid AND s.setdatabase = 0
WHERE a.rolcanlogin;

CREATE VIEW pg_catalog.pg_user AS
SELECT r.rolname AS usename,
       r.oid AS usesysid,
       r.rolcreatedb AS usecreatedb,
       r.rolsuper AS usesuper,
       r.rolreplication AS userepl,
       r.rolbypassrls AS usebypassrls,
       r.rolpassword AS passwd,
       r.rolvaliduntil AS valuntil,
       r.rolconfig AS useconfig
FROM pg_roles r
WHERE r.rolcanlogin;

CREATE VIEW pg_catalog.pg_group AS
SELECT a.rolname AS groname,
       a.oid AS grosysid,
       ARRAY(SELECT m.member FROM pg_auth_members m WHERE m.roleid = a.oid) AS grolist
FROM pg_authid a
WHERE NOT a.rolcanlogin;
