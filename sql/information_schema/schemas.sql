-- The catalog, its schemas, character sets, collations and roles.

CREATE VIEW information_schema.information_schema_catalog_name AS
SELECT current_database()::name AS catalog_name;

CREATE VIEW information_schema.schemata AS
SELECT current_database()::name AS catalog_name,
       n.nspname AS schema_name,
       pg_get_userbyid(n.nspowner) AS schema_owner,
       NULL::name AS default_character_set_catalog,
       NULL::name AS default_character_set_schema,
       NULL::name AS default_character_set_name,
       NULL::varchar AS sql_path
FROM pg_namespace n
WHERE pg_has_role(n.nspowner, 'USAGE')
   OR has_schema_privilege(n.oid, 'CREATE, USAGE');

CREATE VIEW information_schema.character_sets AS
SELECT NULL::name AS character_set_catalog,
       NULL::name AS character_set_schema,
       'UTF8'::name AS character_set_name,
       'UCS'::name AS character_repertoire,
       'UTF8'::name AS form_of_use,
       current_database()::name AS default_collate_catalog,
       NULL::name AS default_collate_schema,
       NULL::name AS default_collate_name;

CREATE VIEW information_schema.collations AS
SELECT current_database()::name AS collation_catalog,
       n.nspname AS collation_schema,
       c.collname AS collation_name,
       'NO PAD'::varchar AS pad_attribute
FROM pg_collation c
JOIN pg_namespace n ON n.oid = c.collnamespace
WHERE c.collencoding IN (-1, 6);

CREATE VIEW information_schema.collation_character_set_applicability AS
SELECT c.collation_catalog,
       c.collation_schema,
       c.collation_name,
       NULL::name AS character_set_catalog,
       NULL::name AS character_set_schema,
       'UTF8'::name AS character_set_name
FROM information_schema.collations c;

CREATE VIEW information_schema.enabled_roles AS
SELECT a.rolname AS role_name
FROM pg_authid a
WHERE pg_has_role(a.oid, 'USAGE');

CREATE VIEW information_schema.applicable_roles AS
SELECT member.rolname AS grantee,
       granted.rolname AS role_name,
       CASE WHEN m.admin_option THEN 'YES' ELSE 'NO' END::varchar(3) AS is_grantable
FROM pg_auth_members m
JOIN pg_authid member ON member.oid = m.member
JOIN pg_authid granted ON granted.oid = m.roleid
WHERE pg_has_role(member.oid, 'USAGE');

CREATE VIEW information_schema.administrable_role_authorizations AS
SELECT a.grantee, a.role_name, a.is_grantable
FROM information_schema.applicable_roles a
WHERE a.is_grantable = 'YES';
