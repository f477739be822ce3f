/** One grantee's grant or revoke, applied to an ACL. */
import { dbError } from '../../errors/db-error.ts';
import type { AclItem } from '../acl.ts';

export interface AclChange {
  /** '' for PUBLIC. */
  readonly grantee: string;
  readonly grantor: string;
  readonly letters: string;
  readonly isGrant: boolean;
  /** GRANT ... WITH GRANT OPTION, REVOKE GRANT OPTION FOR. */
  readonly grantOption: boolean;
  readonly cascade: boolean;
  readonly owner: string;
}

/** The ACL after the change; items without privileges go. */
export function changePrivileges(acl: readonly AclItem[], change: AclChange): AclItem[] {
  const at = acl.findIndex(
    ({ grantee, grantor }) => grantee === change.grantee && grantor === change.grantor,
  );
  const old = acl[at];
  const privileges = new Set(old?.privileges);
  const grantable = new Set(old?.grantable);
  for (const letter of change.letters) {
    if (change.isGrant) {
      privileges.add(letter);
      if (change.grantOption) grantable.add(letter);
    } else {
      grantable.delete(letter);
      if (!change.grantOption) privileges.delete(letter);
    }
  }
  const item: AclItem = { grantee: change.grantee, grantor: change.grantor, privileges, grantable };
  const next = acl.map((each, i) => (i === at ? item : each));
  if (at < 0) next.push(item);
  const kept = next.filter((each) => each.privileges.size > 0);
  return change.isGrant || change.grantee === change.owner ? kept : withoutDependents(kept, change);
}

/** What the grantee had passed on with a grant option that it has lost. */
export function dependentItems(
  acl: readonly AclItem[],
  grantee: string,
  letters: string,
): AclItem[] {
  const lost = [...letters].filter(
    (letter) => !acl.some((item) => item.grantee === grantee && item.grantable.has(letter)),
  );
  return acl.filter(
    (item) => item.grantor === grantee && lost.some((letter) => item.privileges.has(letter)),
  );
}

function withoutDependents(acl: AclItem[], change: AclChange): AclItem[] {
  let result = acl;
  for (const dependent of dependentItems(acl, change.grantee, change.letters)) {
    if (!change.cascade) {
      throw dbError('dependent_objects_still_exist', {
        message: 'dependent privileges exist',
        hint: 'Use CASCADE to revoke them too.',
      });
    }
    result = changePrivileges(result, {
      ...change,
      grantee: dependent.grantee,
      grantor: dependent.grantor,
      grantOption: false,
    });
  }
  return result;
}
