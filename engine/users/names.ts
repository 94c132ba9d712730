import { GantryError } from '../model/errors';

const NAME = /^[a-z][a-z0-9]*([._-][a-z0-9]+)*$/;
const NAME_MAX = 60;

/**
 * Names of people and teams stand in the audit, in addresses and in file names of others: letters that look alike, or
 * only differ in size, are not among them.
 * @param code `user-name` or `team-name`
 * @throws GantryError of this code
 */
export function checkName(code: 'user-name' | 'team-name', name: string): void {
  if (name.length <= NAME_MAX && NAME.test(name)) return;
  const problem = `"${name.slice(0, NAME_MAX)}" is no name for a ${code === 'user-name' ? 'user' : 'team'}`;
  const next = `use a-z and 0-9, in between also ".", "_" and "-", at most ${NAME_MAX} in all: ada.lovelace`;
  throw new GantryError('invalid', code, problem, next);
}
