import { join } from 'node:path';
import { CLIENT_FILE, hostAndPort } from '../api/address';
import type { Context, Outcome } from '../command';
import { EXIT, failure } from '../errors';
import type { Input } from '../input';
import type { Demo } from './demo';
import { APPS } from './fixture';
import { House } from './house';
import { Interrupted, interruption } from './interruption';
import { LiveTraffic } from './live-traffic';
import { unexpectedEnd } from './programs';
import { tellStory, tellVisits } from './story';
import { Storyteller } from './storyteller';
import { UNPROVEN_ON_DUMMY } from './unproven';
import { Visits } from './visits';

/** `gantry demo`: the story in this folder; what it started goes on running. */
export async function showDemo(input: Input, context: Context): Promise<Outcome> {
  const stopped = interruption();
  const story = new Storyteller(context.out);
  const house = new House(context.settings, stopped.signal);
  let demo: Demo | undefined;
  try {
    const dummy = await bringUp(house, story, input);
    demo = prepareDemo(house, story, dummy);
    await tellStory(demo);
    tellVisits(demo);
    tellEnd(demo);
    return outcomeOf(demo);
  } catch (error) {
    const reason = stopped.signal.aborted ? (stopped.signal.reason as Error) : (error as Error);
    stopped.end(reason);
    if (!(reason instanceof Interrupted)) throw reason;
    throw failure('interrupted', reason.message, 'Gantry goes on; end it with: ./gantry down');
  } finally {
    await demo?.traffic.stop();
    story.end();
    stopped.release();
  }
}

/** @returns whether it runs on the dummy runner */
async function bringUp(house: House, story: Storyteller, input: Input): Promise<boolean> {
  const running = house.running();
  if (running !== undefined) {
    story.tell(`Gantry runs already at ${running.url}${running.dummy ? ', on the dummy runner' : ''}`);
    await house.meet();
    return running.dummy;
  }
  const docker = await house.docker.version();
  const dummy = input.flag('dummy') || docker === undefined;
  if (docker === undefined) story.tell('no Docker answers: the story is told on the dummy runner');
  story.now('gantry up', 'starting');
  const ended = await house.gantry('up', '--detach', ...(dummy ? ['--dummy'] : []), ...portsOf(input));
  if (ended.status !== 0) throw upFailure(ended.stderr, unexpectedEnd(ended));
  story.now('gantry up', undefined);
  const status = await house.meet();
  story.tell(`gantry up --detach: Gantry ${status.version} is up at ${status.url} (data in ${house.home})`);
  return dummy;
}

/** Its own words are good; only the command that it names is another one here. */
function upFailure(stderr: string, error: Error): Error {
  const words = /^gantry: (.*)$/ms.exec(stderr.trim())?.[1];
  return words === undefined ? error : failure('up-failed', words.replaceAll('./gantry up --', './gantry demo --'));
}

function portsOf(input: Input): string[] {
  return ['port', 'gateway-port'].flatMap((name) => {
    const port = input.port(name);
    return port === undefined ? [] : [`--${name}`, String(port)];
  });
}

export function prepareDemo(house: House, story: Storyteller, dummy: boolean): Demo {
  const visits = new Visits(house.gateway, (app) => house.hostOf(app));
  return { house, story, visits, traffic: new LiveTraffic(visits, APPS), dummy };
}

function tellEnd({ house, story, dummy }: Demo): void {
  const { url } = house.client;
  story.part(`The story is told, in ${Math.round(story.ms / 1000)} s. What is there now:`);
  const lines = [
    `pages    ${url}/`,
    `token    in ${join(house.home, CLIENT_FILE)} (for the login page; the command line uses it by itself)`,
    `running  web and a runner, their Redis${dummy ? '' : `, the gateway at ${hostAndPort(house.gateway)}, containers of both apps`}`,
    ...(dummy ? [] : APPS.map((app) => `         http://${house.hostOf(app)}:${house.gateway.port}/`)),
    'look     ./gantry app list    ./gantry run list storefront    ./gantry env list',
    'stop     ./gantry down (apps keep serving), or ./gantry down --purge (removes everything)',
  ];
  for (const line of lines) story.tell(line);
  if (!dummy) return;
  story.part('It was told without Docker, so this is not proven:');
  for (const claim of UNPROVEN_ON_DUMMY) story.tell(`not proven: ${claim}`);
}

function outcomeOf({ house, story, visits, dummy }: Demo): Outcome {
  const { requests, failed, grayErrors } = visits;
  const unproven = dummy ? UNPROVEN_ON_DUMMY : [];
  const json = { url: house.client.url, seconds: story.ms / 1000, dummy, requests, failed, grayErrors, unproven };
  return { json, text: '', exit: failed === 0 ? EXIT.ok : EXIT.failed };
}
