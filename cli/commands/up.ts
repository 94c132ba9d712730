import { join } from 'node:path';
import type { Address, CliSettings } from '../../settings';
import type { Command, Context } from '../command';
import { EXIT } from '../errors';
import { startDetached } from '../house/detached';
import { ParentLine } from '../house/parent-line';
import { planHouse, type Wishes } from '../house/plan';
import { checkPort, checkRunner } from '../house/preflight';
import { forgetOtherPrograms, keepProgram } from '../house/program';
import { untilStopped } from '../house/signals';
import { Supervisor } from '../house/supervisor';
import type { Input } from '../input';
import { LogFile } from '../processes/log-file';
import { freePort } from '../processes/ports';
import { ensureCertificate } from '../tls/start';
import { withTlsOptions } from '../tls/wishes';
import { readyDocument, readyLines } from './ready';

export const up: Command = {
  name: 'up',
  summary: 'starts Gantry in this folder: web, a runner and, unless one is given, a Redis',
  arguments: [],
  options: {
    port: { value: 'PORT', help: 'where the pages, the API and Git listen (7070; 0: any free port)' },
    'gateway-port': { value: 'PORT', help: 'where apps are reached (8080; 0: any free port)' },
    tls: { value: 'own', help: 'HTTPS with a certificate of an authority that Gantry makes: see gantry tls trust' },
    'public-url': {
      value: 'URL',
      help: 'what people and forges call, when it is not this machine: https://gantry.example',
    },
    dummy: { help: 'no Docker: a dummy runner that only plays containers' },
    detach: { short: 'd', help: 'goes on in the background, and returns when Gantry is ready' },
  },
  details:
    'Ctrl-C drains: web stops accepting, the runner gives back the steps it holds, Redis ends last. A second Ctrl-C ends ' +
    'all of it at once; nothing is lost, but steps are taken up again later. Apps keep serving either way. ' +
    'GANTRY_REDIS_URL names a Redis to use instead of an own one, GANTRY_TLS_CERT and GANTRY_TLS_KEY a certificate to ' +
    'speak HTTPS with.',
  examples: ['gantry up', 'gantry up --port 7171 --gateway-port 8181 --detach', 'gantry up --tls own'],
  async run(input, context) {
    const { out } = context;
    const settings = withTlsOptions(context.settings, input);
    if (input.flag('detach')) return startDetached({ settings, out }, argumentsOf(input));
    const parent = new ParentLine();
    const log = new LogFile(join(settings.home, 'log', 'up.log'));
    const say = (line: string): void => {
      log.add(`${new Date(context.now()).toISOString()} ${line}`);
      parent.line(line);
      if (out.json) out.note(line);
      else out.line(line);
    };
    try {
      const ready = await start(input, { settings, out }, parent, say);
      await ready.stopped;
      return { json: undefined, text: '', exit: EXIT.ok };
    } catch (error) {
      parent.failed(error);
      throw error;
    }
  },
};

async function start(
  input: Input,
  { settings, out }: Pick<Context, 'settings' | 'out'>,
  parent: ParentLine,
  say: (line: string) => void,
): Promise<{ stopped: Promise<void> }> {
  const wishes = await wishesOf(input, settings);
  const kept = { ...settings, root: keepProgram(settings) };
  const supervisor = new Supervisor(await planHouse(kept, wishes), say);
  await supervisor.claim();
  const stopped = untilStopped(supervisor, say, parent.lost);
  try {
    await checkPort(wishes.listen, 'web', settings.home);
    await checkPort(wishes.gateway, 'gateway', settings.home);
    await checkRunner(settings, wishes.dummy);
    if (settings.tls?.own === true) await ensureCertificate(settings, wishes, say);
    const ready = await supervisor.start();
    forgetOtherPrograms(settings.home, kept.root);
    parent.ready(ready);
    if (parent.isThere) return { stopped };
    if (out.json) out.document(readyDocument(settings, ready));
    else for (const line of readyLines(out, settings, ready, 'Ctrl-C')) out.line(line);
    return { stopped };
  } catch (error) {
    await supervisor.drain();
    throw error;
  }
}

async function wishesOf(input: Input, settings: CliSettings): Promise<Wishes> {
  return {
    listen: await withPort(settings.listen, input.port('port')),
    gateway: await withPort(settings.gateway, input.port('gateway-port')),
    dummy: input.flag('dummy'),
  };
}

async function withPort(address: Address, port: number | undefined): Promise<Address> {
  const wanted = port ?? address.port;
  return { host: address.host, port: wanted === 0 ? await freePort(address.host) : wanted };
}

/** What the background process is started with. */
function argumentsOf(input: Input): string[] {
  return ['port', 'gateway-port', 'tls', 'public-url']
    .flatMap((name) => {
      const value = input.option(name);
      return value === undefined ? [] : [`--${name}`, value];
    })
    .concat(input.flag('dummy') ? ['--dummy'] : []);
}
