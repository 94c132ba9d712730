import { z } from 'zod';
import * as field from './fields';
import { GRAY_RULES_MAX, GRAY_VALUE_MAX, TRUSTED_MAX } from './limits';
import { GRAY_VALUE_PATTERN, HEADER_PATTERN } from './names';
import { repositoryPathProblem } from './paths';

/** Who meets gray whatever the share is, and how visitors are known: a part of `shape.ts`. */

const headerName = field.word(HEADER_PATTERN, 'the name of a request header, such as X-Team');
const cookieName = field.word(HEADER_PATTERN, 'the name of a cookie, such as gray');
const grayValue = field.word(
  GRAY_VALUE_PATTERN,
  `1 to ${GRAY_VALUE_MAX} visible ASCII characters, none of ",", ";", '"' and "\\\\", no blanks at the ends`,
);

const rule = z
  .strictObject({
    header: headerName.optional().describe('Requests with this header meet gray when its value is the one below.'),
    cookie: cookieName.optional().describe('Requests with this cookie meet gray when its value is the one below.'),
    equals: grayValue.optional().describe('The value that counts.'),
    startsWith: grayValue.optional().describe('Or how the value begins.'),
    users: field
      .list(field.userName)
      .optional()
      .describe('These users meet gray. They are known by "identity"; this stands alone in its rule.'),
    usersFile: field
      .pathThat(repositoryPathProblem, 'a file such as gray-users.txt')
      .optional()
      .describe('The same from a file of the repository: one user a line, "#" begins a remark.'),
  })
  .refine(isOneRule, { error: 'one "header" or "cookie" with "equals" or "startsWith"; or "users"; or "usersFile"' });

function isOneRule({ header, cookie, equals, startsWith, users, usersFile }: Record<string, unknown>): boolean {
  const given = (...values: unknown[]) => values.filter((value) => value !== undefined).length;
  const byUser = given(users, usersFile);
  return byUser === 0
    ? given(header, cookie) === 1 && given(equals, startsWith) === 1
    : byUser === 1 && given(header, cookie, equals, startsWith) === 0;
}

export const rules = field
  .list(rule)
  .max(GRAY_RULES_MAX, { error: `a list of at most ${GRAY_RULES_MAX} rules` })
  .prefault([])
  .describe('Ways into the new release whatever the share is; any of them is enough.');

const proof = z.strictObject({
  header: headerName.describe('Header in which the login proxy sends a secret. The gateway keeps it from the app.'),
  sha256: field
    .word('^[0-9a-f]{64}$', 'a sha256 in hex')
    .describe('sha256 of the secret, so that no secret is kept in Git.'),
});

export const identity = z
  .strictObject({
    header: headerName.describe('Header in which a login proxy says who the visitor is.'),
    trustedFrom: field
      .list(field.addressBlock)
      .max(TRUSTED_MAX, { error: `a list of at most ${TRUSTED_MAX} blocks` })
      .prefault([])
      .describe('Addresses of the login proxy. From anywhere else the header is taken away.'),
    proof: proof.optional().describe('Or what the login proxy proves itself by.'),
  })
  .refine(({ trustedFrom, proof }) => trustedFrom.length > 0 || proof !== undefined, {
    error: 'a header that is trusted from somewhere: add "trustedFrom" or "proof"',
  });
