import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Workshop } from './bench';
import { runProgram } from './program';

/** Starts the bare remote with one empty repository. @returns the repository's address */
export async function startBareRemote({ folder, settings, cleanup }: Workshop): Promise<string> {
  const repositories = join(folder, 'bare');
  mkdirSync(repositories);
  const environment = { PATH: settings.environment.PATH, HOME: folder, LC_ALL: 'C.UTF-8' };
  const git = (...args: string[]): Promise<string> =>
    runProgram('git', args, { folder: repositories, environment, limitMs: 10_000 });
  await git('init', '--quiet', '--bare', '--template=', 'shop.git');
  // The same words can then be pushed to both: `-o no-follow` means nothing here.
  for (const key of ['http.receivepack', 'receive.advertisePushOptions']) {
    await git('-C', 'shop.git', 'config', key, 'true');
  }
  const child = fork(join(__dirname, 'bare-remote.js'), [repositories], {
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  cleanup.later(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit').then(() => {
    throw new Error('the bare remote ended early');
  });
  ended.catch(() => undefined);
  const [{ port }] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }];
  return `http://127.0.0.1:${port}/shop.git`;
}
