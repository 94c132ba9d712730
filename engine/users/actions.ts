/** What people can be to an app. What each may do: `MAY`. */
export const ROLES = ['viewer', 'developer', 'qa', 'release-manager', 'operator', 'auditor', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What may be done, each with the words of a refusal: `to start, cancel or repeat a run`. */
export const ACTIONS = {
  read: 'to see it',
  push: 'to push commits',
  run: 'to start, cancel or repeat a run',
  release: 'to bring a release that is not built here',
  gray: 'to change who meets the gray release',
  approve: 'to decide what waits for people',
  rollback: 'to take a release back',
  shell: 'to run commands in its instances',
  app: 'to make apps, and to say where their commits come from',
  secret: 'to set its secrets',
  environment: 'to begin and end environments',
  operate: 'to operate Gantry itself',
  audit: 'to read the audit',
  people: 'to say who may what',
} as const;
export type Action = keyof typeof ACTIONS;

/**
 * Who may do what. Duties are apart: who changes code does not decide over it, who says who may what does neither, and
 * the auditor only looks.
 */
export const MAY: Readonly<Record<Role, readonly Action[]>> = {
  viewer: ['read'],
  developer: ['read', 'push', 'run', 'environment'],
  qa: ['read', 'run', 'approve', 'environment'],
  'release-manager': ['read', 'run', 'release', 'gray', 'approve', 'rollback'],
  operator: ['read', 'run', 'gray', 'approve', 'rollback', 'shell', 'environment', 'operate'],
  auditor: ['read', 'audit'],
  admin: ['read', 'app', 'secret', 'environment', 'operate', 'audit', 'people'],
};

/** May somebody with these roles do it? More roles never mean less. */
export function may(roles: Iterable<Role>, action: Action): boolean {
  for (const role of roles) if (MAY[role].includes(action)) return true;
  return false;
}

/** The roles that would do, in the order of `ROLES`. */
export const rolesThatMay = (action: Action): readonly Role[] => ROLES.filter((role) => MAY[role].includes(action));

export const isRole = (text: string): text is Role => (ROLES as readonly string[]).includes(text);
