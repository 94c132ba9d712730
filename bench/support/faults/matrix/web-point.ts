import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../../../cli/processes/ports';
import { runProgram } from '../../program';
import { ForgeRepository, githubHook } from '../forge';
import { Records } from '../outcomes';
import { WEB_MOMENTS, type WebDoom } from './doom';
import { APP, BY_IMAGE } from './histories';
import { type MatrixPlace, webIn } from './runners';
import type { Template, Templates } from './templates';
import { openWorkplace } from './workplace';

/** A request that changes something, and the SQL that counts what it makes. */
interface Verb {
  name: string;
  count: string;
  /** Where the third run waits when it is asked. */
  waitsAt?: string;
  /** Whoever was not answered asks again: it must be the same as asking once. */
  repeats?: true;
  ask(place: Asking): Promise<void>;
}

interface Asking {
  url: string;
  token: string;
  /** A Git folder that a push can come from, and a forge's repository. */
  forge: ForgeRepository;
  secret: string;
  folder: string;
  environment: NodeJS.ProcessEnv;
}

const call = async ({ url, token }: Asking, path: string, body: object): Promise<unknown> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api/v1/apps/${APP}${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${text}`);
  return JSON.parse(text);
};
const GATE = 'gray/approve';

const VERBS: readonly Verb[] = [
  {
    name: 'push',
    count: "select count(*) as n from deliveries where ref = 'refs/heads/work-9'",
    repeats: true,
    ask: async ({ url, token, forge, folder, environment }) => {
      const remote = `${url.replace('://', `://owner:${token}@`)}/git/${APP}.git`;
      const args = ['-C', forge.folder, 'push', '--quiet', '-o', 'no-follow', remote, 'work-0:refs/heads/work-9'];
      await runProgram('git', args, { folder, environment: { ...environment, HOME: folder }, limitMs: 30_000 });
    },
  },
  {
    name: 'hook',
    count: 'select count(*) as n from hook_deliveries',
    repeats: true,
    ask: async ({ url, secret }) => {
      const answer = await fetch(`${url}/hooks/${APP}/github`, githubHook(secret, 'the-one', 'work-0'));
      if (!answer.ok) throw new Error(`the hook was answered with ${answer.status}`);
    },
  },
  {
    name: 'approve',
    count: 'select count(*) as n from approval_votes',
    waitsAt: GATE,
    ask: async (asking) => void (await call(asking, '/runs/3/approve', {})),
  },
  {
    name: 'cancel',
    count: "select count(*) as n from audit where action = 'run.end-early'",
    waitsAt: GATE,
    ask: async (asking) => void (await call(asking, '/runs/3/cancel', {})),
  },
  {
    name: 'rollback',
    count: 'select count(*) as n from runs where "trigger" = \'rollback\'',
    ask: async (asking) => void (await call(asking, '/rollback', {})),
  },
  {
    name: 'undo',
    count: 'select count(*) as n from runs where "trigger" = \'undo\'',
    ask: async (asking) => {
      const what = { step: 'production/promote' };
      const { hash } = (await call(asking, '/runs/2/undo/preview', what)) as { hash: string };
      await call(asking, '/runs/2/undo', { ...what, previewHash: hash });
    },
  },
  {
    name: 'gray',
    count: 'select count(*) as n from runs where "trigger" = \'manual\'',
    waitsAt: 'production/approve',
    ask: async (asking) => void (await call(asking, '/gray', { share: 700 })),
  },
];

export interface WebPoint {
  verb: string;
  moment: WebDoom['moment'];
}

/** Every request, at each of its moments. */
export const webPoints = (): WebPoint[] =>
  VERBS.flatMap(({ name }) => WEB_MOMENTS.map((moment) => ({ verb: name, moment })));

/** A web dies at this point, for real; another one goes on. @returns what is wrong afterwards, a sentence each */
export async function tryWebPoint(place: MatrixPlace, templates: Templates, point: WebPoint): Promise<string[]> {
  const verb = VERBS.find(({ name }) => name === point.verb) as Verb;
  const template = await templates.of(BY_IMAGE, verb.waitsAt);
  const name = `web ${point.verb} ${point.moment}`.replaceAll(/\W/g, '-');
  const home = await templates.copy(template, name);
  const forge = await ForgeRepository.make(join(place.folder, `${name}-forge.git`), BY_IMAGE, 1);
  const secret = await connect(home, place, forge);
  const records = new Records(home);
  try {
    return await killAndAskAgain(place, verb, point, { home, name, template, forge, secret, records });
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  } finally {
    records.close();
  }
}

interface Scene {
  home: string;
  name: string;
  template: Template;
  forge: ForgeRepository;
  secret: string;
  records: Records;
}

async function killAndAskAgain(
  place: MatrixPlace,
  verb: Verb,
  { moment }: WebPoint,
  { home, name, template, forge, secret, records }: Scene,
): Promise<string[]> {
  const port = await freePort('127.0.0.1');
  const { folder, environment } = place;
  const asking = { url: `http://127.0.0.1:${port}`, token: template.token, forge, secret, folder, environment };
  const before = records.count(verb.count);
  const doomed = webIn(place, home, `${name}-doomed`, port, { moment, count: verb.count });
  await doomed.start();
  const refused = await refusalOf(verb, asking);
  if (refused === undefined) return ['it was answered, and nobody died'];
  if (!(await doomed.isGone(DEATH_MS))) return [`nobody died: ${refused}`];
  const stored = records.count(verb.count) - before;
  if (stored !== (moment === 'before commit' ? 0 : 1)) return [`${stored} were stored when web died`];
  const heir = webIn(place, home, `${name}-heir`, port);
  await heir.start();
  const again = verb.repeats === true || stored === 0 ? await refusalOf(verb, asking) : undefined;
  const wrong = again === undefined ? [] : [`asked again, it was refused: ${again}`];
  const made = await settled(records, verb.count, before);
  if (made !== 1) wrong.push(`${made} were made`);
  await heir.stop();
  return [...wrong, ...heir.deaths, ...(records.integrity() === 'ok' ? [] : ['the database is damaged'])];
}

/** A killed process is gone by then. */
const DEATH_MS = 2_000;
/** What the loop that compares refs finds has come by then. */
const FOUND_LIMIT_MS = 15_000;
const LOOK_MS = 50;
/** What would be made a second time has a moment to come. */
const TWICE_MS = 300;

async function settled(records: Records, count: string, before: number): Promise<number> {
  const made = (): number => records.count(count) - before;
  for (const until = Date.now() + FOUND_LIMIT_MS; made() === 0 && Date.now() < until; ) await pause(LOOK_MS);
  await pause(TWICE_MS);
  return made();
}

/** Undefined when it was answered with a yes. What became of anything else, the records tell. */
async function refusalOf(verb: Verb, asking: Asking): Promise<string | undefined> {
  try {
    await verb.ask(asking);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** @returns the secret with which the forge signs */
async function connect(home: string, place: MatrixPlace, forge: ForgeRepository): Promise<string> {
  const workplace = await openWorkplace(home, place.redisUrl);
  try {
    const { secret } = await workplace.engine.apps.connect({ app: APP, url: forge.folder }, 'user:ada');
    return secret ?? '';
  } finally {
    await workplace.close();
  }
}
