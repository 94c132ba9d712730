import { path } from '../api/client';
import type { Protected } from '../api/types';
import type { Command } from '../command';
import { usageError } from '../errors';
import type { Input } from '../input';

const APP = { name: 'APP', help: 'name of the app' };
const REFS = {
  branch: { value: 'PATTERN', help: 'a branch: main, or "release/*"' },
  tag: { value: 'PATTERN', help: 'a tag: "v*"' },
};

function refOf(input: Input): { kind: 'branch' | 'tag'; pattern: string } | undefined {
  const [branch, tag] = [input.option('branch'), input.option('tag')];
  if (branch !== undefined && tag !== undefined)
    throw usageError('--branch and --tag are two calls', 'give one of them');
  if (branch !== undefined) return { kind: 'branch', pattern: branch };
  return tag === undefined ? undefined : { kind: 'tag', pattern: tag };
}

function tell(app: string, { items, byDefault }: Protected): string {
  if (items.length === 0) {
    return `No branch of ${app} is given secrets: main and master are both there. Say which one: --branch main`;
  }
  const names = items.map(({ kind, pattern }) => `${kind} ${pattern}`).join(', ');
  return `Pipelines of these are given secrets of ${app}: ${names}${byDefault ? ' (by default)' : ''}`;
}

export const appProtect: Command = {
  name: 'app protect',
  summary: "lets pipelines of a branch or tag have the app's secrets; shows which ones have them",
  arguments: [APP],
  options: REFS,
  details: [
    'Whoever may push to a branch may write a pipeline there, and a pipeline can print what it is given. So only those',
    'of protected branches and tags are given secrets. Nobody named any: it is the default branch. The first one that',
    'is named takes its place.',
  ].join(' '),
  examples: ['gantry app protect storefront', 'gantry app protect storefront --branch "release/*"'],
  async run(input, { api }) {
    const app = input.argument('APP');
    const ref = refOf(input);
    const address = path`/apps/${app}/protected`;
    const json = await (ref === undefined ? api.get<Protected>(address) : api.post<Protected>(address, ref));
    return { json, text: tell(app, json) };
  },
};

export const appUnprotect: Command = {
  name: 'app unprotect',
  summary: "lets pipelines of a branch or tag have the app's secrets no longer",
  arguments: [APP],
  options: REFS,
  async run(input, { api }) {
    const app = input.argument('APP');
    const ref = refOf(input);
    if (ref === undefined) throw usageError('which one?', 'say --branch PATTERN or --tag PATTERN');
    const json = await api.post<Protected>(path`/apps/${app}/protected/remove`, ref);
    return { json, text: tell(app, json) };
  },
};
