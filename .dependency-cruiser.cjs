'use strict';

/*
 * The arrows of docs/architecture.md, as rules. Each rule's comment is the sentence that a person reads when it breaks.
 * A package's path may lie inside this folder or behind a link into the cache, so package rules are not anchored.
 */

/** Source text of a pattern that matches files of the named packages, and of their type packages. */
function packages(...names) {
  const typed = names.map((name) => `@types/${name.replace('@', '').replace('/', '__')}`);
  return `(^|/)node_modules/(${[...names, ...typed].join('|')})/`;
}

/** One package, one room: only files that match `rooms` (and tests and benches) may import `names`. */
function onlyIn(rooms, names, comment) {
  return {
    name: `only-in: ${names.join(', ')}`,
    comment,
    severity: 'error',
    from: { pathNot: ['^(test|bench)/', ...rooms] },
    to: { path: packages(...names) },
  };
}

/** Files of `room` may import, of ours, only what matches `allowed`. */
function arrow(room, allowed, comment) {
  return {
    name: `room: ${room}`,
    comment,
    severity: 'error',
    from: { path: `^${room}/` },
    to: {
      path: '^(engine|runners|web|pipelines|outgoing|cli|bench|test|fixtures)/|^[^/]+\\.ts$',
      pathNot: [`^${room}/`, ...allowed],
    },
  };
}

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that import each other are one file in two places: take out what both need.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'The import names a file or package that does not exist here.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },

    arrow('pipelines', [], 'pipelines is the language: text in, plan out. It knows nothing of ours.'),
    arrow('engine', ['^pipelines/'], 'engine decides: it knows pipelines only, and owns the interfaces of the others.'),
    arrow(
      'web',
      ['^engine/', '^pipelines/', '^outgoing/', '^settings\\.ts$'],
      'web listens: it knows engine and pipelines.',
    ),
    arrow(
      'runners',
      ['^engine/', '^pipelines/', '^outgoing/', '^settings\\.ts$'],
      'runners act: they know engine and pipelines.',
    ),
    arrow(
      'outgoing',
      ['^engine/model/'],
      'outgoing carries calls to where somebody typed: it knows the words for errors.',
    ),
    arrow('cli', ['^pipelines/', '^settings\\.ts$'], 'cli speaks to the HTTP API; lint and init may use pipelines.'),
    {
      name: 'settings-once',
      comment:
        'settings.ts is read once, by a composition root, and handed down by arguments (its types may be named).',
      severity: 'error',
      from: { pathNot: ['^(web|runners)/main\\.ts$', '^(cli|test|bench)/'] },
      to: { path: '^settings\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pure-engine',
      comment:
        'engine/model and engine/rollout decide: no clock, no chance, no input or output (crypto for hashes only).',
      severity: 'error',
      from: { path: '^engine/(model|rollout)/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },

    onlyIn(['^engine/queue/'], ['bullmq', 'ioredis'], 'The queue is engine/queue; elsewhere, use its interface.'),
    onlyIn(['^engine/store/'], ['better-sqlite3', 'pg'], 'The database drivers belong to engine/store.'),
    onlyIn(['^engine/'], ['kysely'], 'SQL is written inside engine only.'),
    onlyIn(['^runners/(docker|bases)/'], ['dockerode'], 'Docker is spoken to by runners/docker and runners/bases.'),
    onlyIn(['^runners/workspace/'], ['nodegit'], 'Git objects are read by runners/workspace.'),
    onlyIn(
      ['^runners/(workspace|docker|bases)/'],
      ['tar-fs', 'tar-stream'],
      'Archives are made and read where workspaces and images are.',
    ),
    onlyIn(['^web/'], ['koa', '@koa/router', 'raw-body'], 'HTTP is web alone.'),
    onlyIn(['^(web|cli)/'], ['ws'], 'WebSockets are spoken between web and the command line.'),
    onlyIn(['^web/logs/'], ['anser'], 'Colours of logs are read in web/logs.'),
    onlyIn(['^web/pages/'], ['handlebars'], 'Pages are rendered in web/pages.'),
    onlyIn(
      ['^(pipelines|engine|web)/', '^settings\\.ts$'],
      ['zod'],
      'Shapes are checked where text or requests come in.',
    ),
    onlyIn(['^outgoing/'], ['undici', 'ipaddr.js'], 'Calls to addresses that somebody typed are made by outgoing.'),
    onlyIn(['^runners/notify/'], ['nodemailer'], 'Mail is sent where people are told.'),
    onlyIn(['^pipelines/', '^settings\\.ts$'], ['yaml'], 'YAML is read by pipelines.'),
    onlyIn(['^pipelines/'], ['croner'], 'Times of schedules are counted by pipelines; nothing is started by it.'),
    onlyIn(['^engine/signin/'], ['@node-rs/argon2', 'otpauth'], 'Passwords and codes are checked by engine/signin.'),
    onlyIn(['^web/identity/'], ['openid-client'], 'Providers of identities are spoken to by web/identity.'),
    onlyIn(['^web/pages/'], ['qrcode'], 'Pictures of codes are drawn by pages.'),
    onlyIn(['^pipelines/proposals/'], ['smol-toml'], 'TOML is read where proposals are made.'),
  ],
  options: {
    doNotFollow: { path: '(^|/)node_modules/' },
    exclude: { path: '^(dist|fixtures|\\.gantry)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'types', 'default'] },
    skipAnalysisNotInRules: true,
  },
};
