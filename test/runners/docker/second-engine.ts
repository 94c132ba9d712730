import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Docker from 'dockerode';

const START_MS = 30_000;
const POLL_MS = 100;

export interface SecondEngine {
  docker: Docker;
  socketPath: string;
  stop(): Promise<void>;
}

/** Why there can be no second engine here; undefined when there can. */
export const noSecondEngine = (): string | undefined =>
  process.getuid?.() !== 0 || !existsSync('/usr/sbin/dockerd') ? 'needs root and /usr/sbin/dockerd' : undefined;

/**
 * Another Docker Engine on this machine, as good as another host: with images and containers of its own. It lives in a
 * network namespace of its own: an engine that starts sets up, or takes away, the bridge and the rules of where it is.
 */
export async function startSecondEngine(): Promise<SecondEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-engine-'));
  const socketPath = join(folder, 'docker.sock');
  const child = spawn(
    'unshare',
    [
      '--net',
      '/usr/sbin/dockerd',
      ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid')],
      ...['--host', `unix://${socketPath}`, '--bridge', 'none', '--iptables=false', '--ip-forward=false'],
    ],
    { stdio: 'ignore' },
  );
  const docker = new Docker({ socketPath });
  const stop = async (): Promise<void> => {
    await stopped(child);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await answers(docker, child);
    return { docker, socketPath, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function answers(docker: Docker, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    const up = await docker.ping().then(
      () => true,
      () => false,
    );
    if (up) return;
    if (child.exitCode !== null) throw new Error(`the second dockerd ended with ${child.exitCode}`);
    if (Date.now() > deadline) throw new Error('the second dockerd does not answer');
    await pause(POLL_MS);
  }
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
