import type { Granted, RoleHeld } from '../api/types';

/** `qa at ledger`, `viewer`. */
const roleWord = ({ role, app }: RoleHeld): string => (app === null ? role : `${role} at ${app}`);

/** What somebody holds, on one line. */
export const roleWords = (roles: readonly RoleHeld[]): string => roles.map(roleWord).join(', ');

const where = ({ app }: RoleHeld): string => (app === null ? 'for all apps' : `at ${app}`);

/** What a grant, or the end of one, has changed. */
export function grantWords(granted: Granted, given: boolean): string {
  const { holder, role, changed } = granted;
  if (given) return `${holder} is ${role} ${where(granted)}${changed ? '' : ' already'}`;
  return changed ? `${holder} is no longer ${role} ${where(granted)}` : `${holder} was not ${role} ${where(granted)}`;
}
