import { type Dirent, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { TEXT_MAX } from '../../pipelines/limits';
import { PIPELINE_FILE } from '../../pipelines/parse';
import { isTextWanted, proposePipeline, type RepositoryFile } from '../../pipelines/propose';
import { findAddress } from '../api/address';
import type { Command, Context } from '../command';
import { failure } from '../errors';

/** As many files are looked at; what decides stands near the top of a repository. */
const FILES_MAX = 5000;
/** Folders that are made, not written. */
const SKIPPED = new Set(['.git', 'node_modules', 'target', 'dist', 'build', '.gantry']);

export const init: Command = {
  name: 'init',
  summary: 'writes a gantry.yml that fits what is in the folder',
  arguments: [{ name: 'FOLDER', help: 'the repository; this folder when left out', optional: true }],
  options: {
    app: { value: 'NAME', help: 'name of the app (else the name of the folder)' },
    print: { help: 'prints the proposal, and writes nothing' },
  },
  details:
    'Looks for a Dockerfile, a compose file, a pom.xml or a package.json. A gantry.yml that is there is left alone.',
  async run(input, context) {
    const folder = resolve(context.folder, input.optional('FOLDER') ?? '.');
    const app = input.option('app') ?? basename(folder);
    const proposal = proposePipeline(filesOf(folder), app);
    if (input.flag('print')) return { json: { written: false, ...proposal }, text: proposal.text.trimEnd() };
    const file = join(folder, PIPELINE_FILE);
    const written = !existsSync(file);
    if (written) writeFileSync(file, proposal.text, { flag: 'wx' });
    const name = /^app: *(\S+)/m.exec(written ? proposal.text : readFileSync(file, 'utf8'))?.[1] ?? app;
    const text = written
      ? [`Wrote ${relative(context.folder, file)}:`, ...proposal.why.map((why) => `  ${why}`)]
      : [`${relative(context.folder, file)} is there already and was left alone. Check it: gantry lint`];
    if (!proposal.complete && written) text.push('Fill in what is missing, then check it: gantry lint');
    text.push(...nextSteps(context, name));
    return { json: { written, file, app: name, remote: remoteOf(context, name), ...proposal }, text: text.join('\n') };
  },
};

const remoteOf = ({ settings }: Context, app: string): string => `${findAddress(settings, {}).url}/git/${app}.git`;

function nextSteps(context: Context, app: string): string[] {
  return [
    'Then:',
    `  gantry app create ${app}`,
    `  git remote add gantry ${remoteOf(context, app)}`,
    '  git push gantry main',
  ];
}

/** Paths of a folder, with the text of those files that tell how to build it. Links are not followed. */
function filesOf(folder: string): RepositoryFile[] {
  const files: RepositoryFile[] = [];
  const folders = [''];
  for (let at = folders.shift(); at !== undefined && files.length < FILES_MAX; at = folders.shift()) {
    for (const entry of entriesOf(folder, at)) {
      const path = at === '' ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) folders.push(path);
      if (entry.isFile()) files.push(fileAt(folder, path));
    }
  }
  return files.slice(0, FILES_MAX);
}

function entriesOf(folder: string, at: string): Dirent[] {
  try {
    return readdirSync(join(folder, at), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (at !== '') return [];
    throw failure(
      'no-folder',
      `${folder} cannot be read: ${(error as Error).message}`,
      'name the folder of a repository',
    );
  }
}

function fileAt(folder: string, path: string): RepositoryFile {
  const file = join(folder, path);
  if (!isTextWanted(path) || statSync(file).size > TEXT_MAX) return { path };
  return { path, text: readFileSync(file, 'utf8') };
}
