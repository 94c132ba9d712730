import { resolve } from 'node:path';
import { path } from '../api/client';
import type { AuditEntry, AuditVerdict, List } from '../api/types';
import type { Command, Context, Outcome } from '../command';
import { EXIT, usageError } from '../errors';
import { oneLine } from '../format/house';
import { table } from '../format/table';
import { upkeep } from '../house/upkeep';
import type { Input } from '../input';
import { momentOf } from '../moment';
import { harmless, type Output } from '../output';

const LIMIT = 30;
const LIMIT_MAX = 200;
/** Every entry is checked before the first word of the answer, and one who asked before goes first, ms. */
const VERIFY_MS = 900_000;
const APP = { name: 'APP', help: 'only what concerns this app; "system": what concerns none', optional: true } as const;

export const auditShow: Command = {
  name: 'audit show',
  summary: 'lists audit entries, newest first: who did what, when',
  arguments: [APP, { name: 'RUN', help: 'only what concerns this run', optional: true }],
  options: { limit: { value: 'N', help: `how many at most (${LIMIT})` } },
  examples: ['gantry audit show storefront 7', 'gantry audit show --json'],
  async run(input, { api }) {
    const [app, run] = [input.optional('APP'), input.optionalNumber('RUN')];
    const query = new URLSearchParams({
      limit: String(input.count('limit', LIMIT, LIMIT_MAX)),
      ...(app === undefined ? {} : { app }),
      ...(run === undefined ? {} : { run: String(run) }),
    });
    const list = await api.get<List<AuditEntry>>(`/audit?${query}`);
    const rows = list.items.map((entry) => [
      new Date(entry.at).toISOString(),
      entry.actor,
      entry.action,
      entry.object,
      oneLine(JSON.stringify(entry.detail), 100),
    ]);
    return { json: list, text: table(['WHEN', 'WHO', 'WHAT', 'ABOUT', 'DETAIL'], rows) || 'No entries.' };
  },
};

export const auditExport: Command = {
  name: 'audit export',
  summary: 'prints the audit as lines of JSON that prove themselves',
  arguments: [APP],
  options: { since: { value: 'WHEN', help: 'only what was written since then: 7d, 2026-11-30, 2026-11-30T08:00Z' } },
  details: 'Keep the file apart from Gantry. It is checked without any Gantry by: gantry audit verify --file FILE.',
  examples: [
    'gantry audit export > audit-2026-11.jsonl',
    'gantry audit export storefront --since 30d > storefront.jsonl',
  ],
  async run(input, { api, out, now }) {
    const [app, since] = [input.optional('APP'), input.option('since')];
    const query = new URLSearchParams({
      ...(app === undefined ? {} : { app }),
      ...(since === undefined ? {} : { since: String(momentOf('since', since, now())) }),
    });
    const stream = await api.stream(`${path`/audit/export`}?${query}`, { patient: true });
    stream.setEncoding('utf8');
    // Exactly the bytes that were summed up.
    for await (const piece of stream as AsyncIterable<string>) out.jsonText(piece);
    return { json: undefined, text: '' };
  },
};

export const auditVerify: Command = {
  name: 'audit verify',
  summary: 'checks that no entry of the audit was changed, deleted, swapped or cut off',
  arguments: [APP],
  options: {
    file: { value: 'FILE', help: 'an export, a database file or a backup, instead of the Gantry that runs' },
    offline: { help: 'the database of this folder, also when Gantry does not run' },
    anchors: { value: 'FILE', help: 'anchored heads to compare with; with --file none, unless they are named' },
  },
  details:
    'Names the first bad entry of each chain; exit status 1 when there is one. Heads of all chains are anchored in a file ' +
    'outside of the database (GANTRY_ANCHORS), so that entries that were cut off at the end are missed, too. What is ' +
    'checked is described in docs/audit.md.',
  examples: ['gantry audit verify', 'gantry audit verify --file audit-2026-11.jsonl --anchors /mnt/worm/heads.jsonl'],
  async run(input, context) {
    const verdict = await verdictOf(input, context);
    return { ...outcomeOf(context.out, verdict), exit: verdict.ok ? EXIT.ok : EXIT.failed };
  },
};

async function verdictOf(input: Input, { api, settings, folder }: Context): Promise<AuditVerdict> {
  const [app, file, anchors] = [input.optional('APP'), input.option('file'), input.option('anchors')];
  const isOffline = input.flag('offline');
  if (file !== undefined && isOffline) throw usageError('--file and --offline name two databases', 'name one');
  if (file === undefined && !isOffline) {
    if (anchors !== undefined) throw usageError('--anchors goes with --file or --offline', 'add --offline');
    return api.get<AuditVerdict>(app === undefined ? '/audit/verify' : path`/audit/verify?app=${app}`, VERIFY_MS);
  }
  return upkeep<AuditVerdict>(settings, [
    'audit',
    ...(file === undefined ? [] : [resolve(folder, file)]),
    ...(app === undefined ? [] : ['--app', app]),
    ...(anchors === undefined ? [] : ['--anchors', resolve(folder, anchors)]),
  ]);
}

function outcomeOf(out: Output, verdict: AuditVerdict): Outcome {
  const { entries, chains, breaks, anchors, remarks } = verdict;
  const anchored =
    anchors === null
      ? 'compared with no anchors: entries that were cut off at the end are not missed'
      : `${anchors.lines} anchors in ${anchors.where}${anchors.at === null ? '' : `, the last of ${new Date(anchors.at).toISOString()}`}`;
  const lines = [
    ...breaks.map(({ says }) => `${out.paint('red', 'broken')}  ${harmless(says)}`),
    ...remarks.map((remark) => `${out.paint('yellow', 'remark')}  ${harmless(remark)}`),
    `${entries} entries in ${chains.length} chains are as they were written`,
    harmless(anchored),
  ];
  return { json: verdict, text: lines.join('\n') };
}
