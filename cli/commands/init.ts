import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { PIPELINE_FILE } from '../../pipelines/parse';
import { type FolderProposal, proposeApps } from '../../pipelines/propose';
import { findAddress } from '../api/address';
import type { Command, Context } from '../command';
import { readRepository } from '../files/repository';
import type { Input } from '../input';
import { harmless } from '../output';

export const init: Command = {
  name: 'init',
  summary: 'writes a gantry.yml that fits what is in the folder',
  arguments: [{ name: 'FOLDER', help: 'the repository; this folder when left out', optional: true }],
  options: {
    app: { value: 'NAME', help: 'name of the app (else the name of the folder)' },
    yes: { help: 'writes a proposed Dockerfile, too, without asking' },
    print: { help: 'prints the proposal, and writes nothing' },
  },
  details:
    'Knows Dockerfiles, compose files, Maven, Gradle, npm, Go and Python. A repository that holds several apps gets a ' +
    'gantry.yml in the folder of each. Where a Dockerfile is needed and missing, it is shown, and written when you say ' +
    'yes. A file that is there is left alone.',
  async run(input, context) {
    const root = resolve(context.folder, input.optional('FOLDER') ?? '.');
    const proposals = proposeApps(readRepository(root), input.option('app') ?? basename(root));
    if (input.flag('print')) return printed(proposals);
    const apps: Written[] = [];
    for (const proposal of proposals) apps.push(await write(proposal, root, input, context));
    const text = [...apps.flatMap(({ told }) => told), ...nextSteps(context, apps)].join('\n');
    return { json: { apps: apps.map(({ told: _told, ...app }) => app), remote: remoteOf(context, apps) }, text };
  },
};

interface Written extends Omit<FolderProposal, 'text' | 'dockerfile'> {
  /** The gantry.yml, absolute. */
  file: string;
  written: boolean;
  /** The proposed Dockerfile; null when none is needed. */
  dockerfile: { file: string; written: boolean } | null;
  told: string[];
}

function printed(proposals: readonly FolderProposal[]) {
  const parts = proposals.flatMap(({ folder, text, dockerfile }) => [
    proposals.length === 1 ? text.trimEnd() : `# ---8<--- ${folder}/${PIPELINE_FILE}\n${text.trimEnd()}`,
    ...(dockerfile === null ? [] : [`# ---8<--- ${join(folder, dockerfile.path)}\n${dockerfile.text.trimEnd()}`]),
  ]);
  return { json: { apps: proposals }, text: parts.join('\n\n') };
}

async function write(proposal: FolderProposal, root: string, input: Input, context: Context): Promise<Written> {
  const { text, dockerfile, why, complete, folder } = proposal;
  const file = join(root, folder, PIPELINE_FILE);
  const name = nameOf(file, context);
  const written = writeNew(file, text);
  const app = /^app: *(\S+)/m.exec(written ? text : readFileSync(file, 'utf8'))?.[1] ?? proposal.app;
  const told = written
    ? [`Wrote ${name}:`, ...why.map((reason) => `  ${harmless(reason)}`)]
    : [`${name} is there already and was left alone. Check it: gantry lint ${name}`];
  if (!complete && written) told.push('Fill in what is missing, then check it: gantry lint');
  const image = dockerfile === null ? null : await writeDockerfile({ ...dockerfile, root, folder }, input, context);
  if (image !== null)
    told.push(image.written ? `Wrote ${nameOf(image.file, context)}.` : notWritten(image.file, context));
  return { folder, app, file, written, why, complete, dockerfile: image, told };
}

/** Shown first, and written with consent only: it decides what runs. */
async function writeDockerfile(
  wanted: { path: string; text: string; root: string; folder: string },
  input: Input,
  context: Context,
): Promise<Written['dockerfile']> {
  const file = join(wanted.root, wanted.folder, wanted.path);
  const name = nameOf(file, context);
  if (existsSync(file)) return null;
  context.out.line(`${name} is missing. This one fits:`);
  for (const line of wanted.text.trimEnd().split('\n')) context.out.line(`  ${harmless(line)}`.trimEnd());
  const asked = input.flag('yes') || (context.out.terminal && (await context.confirm(`Write ${name}?`)));
  return { file, written: asked && writeNew(file, wanted.text) };
}

const nameOf = (file: string, { folder }: Context): string => harmless(relative(folder, file));

const notWritten = (file: string, context: Context): string =>
  `${nameOf(file, context)} was not written; gantry init --yes writes it.`;

/** Whether there was no such file, and now there is. */
function writeNew(file: string, text: string): boolean {
  if (existsSync(file)) return false;
  writeFileSync(file, text, { flag: 'wx' });
  return true;
}

/** Apps of one repository share the remote of the first. */
const remoteOf = ({ settings }: Context, [first]: readonly Written[]): string =>
  `${findAddress(settings, {}).url}/git/${first?.app ?? 'app'}.git`;

/** As it is typed: a folder with a space in it is quoted. */
const asWord = (text: string): string => (/^[\w./-]+$/.test(text) ? text : JSON.stringify(harmless(text)));

function nextSteps(context: Context, apps: readonly Written[]): string[] {
  const [first] = apps;
  const creations = apps.map(({ app, folder }) => {
    const path = folder === '.' ? '' : ` --path ${asWord(folder)}`;
    return `  gantry app create ${app}${path}${app === first?.app ? '' : ` --repository ${first?.app}`}`;
  });
  return ['Then:', ...creations, `  git remote add gantry ${remoteOf(context, apps)}`, '  git push gantry main'];
}
