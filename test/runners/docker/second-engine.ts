import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import Docker from 'dockerode';

const run = promisify(execFile);

const START_MS = 30_000;
const POLL_MS = 100;

export interface SecondEngine {
  docker: Docker;
  socketPath: string;
  /** Ends it as a power cut does. */
  kill(): Promise<void>;
  /** Only when its disk has a size. */
  growDisk(diskMb: number): Promise<void>;
  stop(): Promise<void>;
}

/** Why there can be no second engine here; undefined when there can. */
export const noSecondEngine = (): string | undefined =>
  process.getuid?.() !== 0 || !existsSync('/usr/sbin/dockerd') ? 'needs root and /usr/sbin/dockerd' : undefined;

/**
 * Another Docker Engine on this machine, as good as another host: with images and containers of its own. It lives in a
 * network namespace of its own: an engine that starts sets up, or takes away, the bridge and the rules of where it is.
 * @param diskMb size of its disk; as large as the machine's when left out
 */
export async function startSecondEngine(diskMb?: number): Promise<SecondEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-engine-'));
  const data = join(folder, 'data');
  await mkdir(data);
  if (diskMb !== undefined) await run('mount', ['-t', 'tmpfs', '-o', `size=${diskMb}m`, 'tmpfs', data]);
  const socketPath = join(folder, 'docker.sock');
  const docker = new Docker({ socketPath });
  const child = spawnEngine(folder, socketPath);
  const end = (signal: NodeJS.Signals): Promise<void> => stopped(child, signal);
  const stop = async (): Promise<void> => {
    await end('SIGTERM');
    // One that was killed has left the mount that it makes of its data.
    for (let left = true; left; ) {
      left = await run('umount', ['--lazy', data]).then(
        () => true,
        () => false,
      );
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await answers(docker, child);
    const growDisk = async (mb: number) => void (await run('mount', ['-o', `remount,size=${mb}m`, data]));
    return { docker, socketPath, kill: () => end('SIGKILL'), growDisk, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function spawnEngine(folder: string, socketPath: string): ChildProcess {
  const files = ['--data-root', 'data', '--exec-root', 'exec', '--pidfile', 'pid'];
  return spawn(
    'unshare',
    [
      '--net',
      '/usr/sbin/dockerd',
      ...files.map((word) => (word.startsWith('--') ? word : join(folder, word))),
      ...['--host', `unix://${socketPath}`, '--bridge', 'none', '--iptables=false', '--ip-forward=false'],
    ],
    { stdio: 'ignore' },
  );
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

async function stopped(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
