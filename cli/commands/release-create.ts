import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Client, path } from '../api/client';
import type { ReleaseStarted } from '../api/types';
import type { Command, Context } from '../command';
import { codeOf, usageError } from '../errors';
import type { Input } from '../input';
import { type Credentials, credentialsIn, userAndPassword } from '../registry-credentials';
import { APP } from './run';

export const releaseCreate: Command = {
  name: 'release create',
  summary: 'starts a release from a WAR, an EAR or an image that was built elsewhere',
  arguments: [APP],
  options: {
    war: { value: 'FILE', help: 'a web application' },
    ear: { value: 'FILE', help: 'an enterprise application' },
    image: { value: 'REF', help: "an image by digest: registry/name@sha256:…, or the ID of one on Gantry's machine" },
    pipeline: { value: 'FILE', help: "a gantry.yml (else the app's own, at the head of main or master)" },
    credentials: { value: 'FILE', help: "a Docker config.json with an entry for the image's registry" },
    'credentials-stdin': { help: 'reads user:password for the registry from standard input' },
  },
  details: [
    'Nothing is built: the commands and builds of the pipeline are left out. From its seal on it is a run like any other:',
    'test, approval, gray, production. A file is uploaded, and its sha256 is checked there; an image is pulled by its',
    'digest. What the registry asks for is used once and kept nowhere. An image is delivered as it is in each stage.',
  ].join(' '),
  examples: [
    'gantry release create ledger --war target/ledger.war',
    'gantry release create shop --image registry.example.org/shop@sha256:… --credentials ~/.docker/config.json',
  ],
  async run(input, context) {
    const { api } = context;
    const app = input.argument('APP');
    const source = sourceOf(input);
    const pipelineFile = input.option('pipeline');
    const text = pipelineFile === undefined ? undefined : await readText(context, pipelineFile);
    const credentials = await credentialsOf(input, context, source);
    const given = source.kind === 'image' ? source : await upload(context, app, source);
    const started = await api.post<ReleaseStarted>(path`/apps/${app}/releases`, {
      given,
      ...(text === undefined ? {} : { pipeline: text }),
      ...(credentials === undefined ? {} : { credentials }),
    });
    const words = source.kind === 'image' ? source.ref : basename(source.file);
    const next = `Follow it: gantry run watch ${app} ${started.run}`;
    return { json: { ...started, given }, text: `${app} gets a release of ${words} (run #${started.run}).\n${next}` };
  },
};

type Source = { kind: 'war' | 'ear'; file: string } | { kind: 'image'; ref: string };

function sourceOf(input: Input): Source {
  const [war, ear, ref] = ['war', 'ear', 'image'].map((name) => input.option(name));
  const sources: Source[] = [
    ...(war === undefined ? [] : [{ kind: 'war' as const, file: war }]),
    ...(ear === undefined ? [] : [{ kind: 'ear' as const, file: ear }]),
    ...(ref === undefined ? [] : [{ kind: 'image' as const, ref }]),
  ];
  const [source] = sources;
  if (source !== undefined && sources.length === 1) return source;
  throw usageError('a release is made of one thing', 'say one of --war FILE, --ear FILE, --image REF');
}

async function credentialsOf(input: Input, context: Context, source: Source): Promise<Credentials | undefined> {
  const file = input.option('credentials');
  const fromInput = input.flag('credentials-stdin');
  if (file === undefined && !fromInput) return undefined;
  if (source.kind !== 'image') throw usageError('credentials are for the registry of an --image');
  if (file !== undefined && fromInput)
    throw usageError('credentials come from a file or from standard input, not both');
  if (file !== undefined) return credentialsIn(await readText(context, file), file, source.ref);
  return userAndPassword((await context.lines())[0] ?? '', 'standard input');
}

/** Hashed first, so that what arrives can be compared with what was meant. */
async function upload(
  { api, folder, out }: Context,
  app: string,
  { kind, file }: { kind: 'war' | 'ear'; file: string },
): Promise<{ kind: 'war' | 'ear'; digest: string; name: string }> {
  const place = resolve(folder, file);
  const { size } = await stat(place).catch((error) => {
    throw unreadable(file, error);
  });
  const digest = await digestOf(place, file);
  out.progress(`sending ${basename(file)} (${Math.ceil(size / 1_048_576)} MiB) …`);
  await send(api, app, { place, size, digest });
  return { kind, digest, name: basename(file) };
}

async function digestOf(place: string, file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(place), hash).catch((error) => {
    throw unreadable(file, error);
  });
  return `sha256:${hash.digest('hex')}`;
}

async function send(api: Client, app: string, file: { place: string; size: number; digest: string }): Promise<void> {
  const stream = createReadStream(file.place);
  await api.upload(`${path`/apps/${app}/artifacts`}?digest=${encodeURIComponent(file.digest)}`, {
    stream,
    size: file.size,
  });
}

async function readText({ folder }: Context, file: string): Promise<string> {
  try {
    return await readFile(resolve(folder, file), 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): Error {
  return usageError(`${file} cannot be read (${codeOf(error)})`, 'name a file that is there and that you may read');
}
