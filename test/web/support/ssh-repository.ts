import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { until } from './until';

const SSHD = '/usr/sbin/sshd';
/** Where sshd of Debian goes when it is root. */
const PRIVATE_FOLDER = '/run/sshd';

export const hasSshd = (): boolean => existsSync(SSHD);

/** A repository behind a real sshd on this machine, which lets in whom it is told to. */
export class SshRepository {
  private child: ChildProcess | undefined;
  private log = '';

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly ownsPrivateFolder: boolean,
  ) {}

  static async make(tree: string): Promise<SshRepository> {
    const folder = await mkdtemp(join(tmpdir(), 'gantry-ssh-'));
    execFileSync('git', ['clone', '-q', '--mirror', tree, join(folder, 'app.git')]);
    const owns = userInfo().uid === 0 && !existsSync(PRIVATE_FOLDER);
    if (owns) await mkdir(PRIVATE_FOLDER, { mode: 0o755 });
    const repository = new SshRepository(folder, await freePort(), owns);
    await repository.start();
    return repository;
  }

  /** With a new host key: as if it were another machine at this address. */
  async start(): Promise<void> {
    await this.stop();
    const key = join(this.folder, 'host_key');
    await rm(key, { force: true });
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    await this.letIn();
    const config = join(this.folder, 'sshd_config');
    await writeFile(config, this.settings(key));
    this.child = spawn(SSHD, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
    await until(() => isOpen(this.port));
  }

  private settings(key: string): string {
    return [
      `ListenAddress 127.0.0.1:${this.port}`,
      `HostKey ${key}`,
      `AuthorizedKeysFile ${join(this.folder, 'authorized')}`,
      'PidFile none',
      'UsePAM no',
      'StrictModes no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      'LogLevel VERBOSE',
      '',
    ].join('\n');
  }

  /** Nobody but whoever has one of these keys, who may do nothing but read this repository. */
  async letIn(...publicKeys: string[]): Promise<void> {
    const lines = publicKeys.map((key) => `restrict ${key}\n`);
    await writeFile(join(this.folder, 'authorized'), lines.join(''), { mode: 0o600 });
  }

  get url(): string {
    return `ssh://${userInfo().username}@127.0.0.1:${this.port}${this.folder}/app.git`;
  }

  get bare(): string {
    return join(this.folder, 'app.git');
  }

  /** As a forge shows it to people. */
  async fingerprint(): Promise<string> {
    const text = execFileSync('ssh-keygen', ['-lf', join(this.folder, 'host_key.pub')], { encoding: 'utf8' });
    return text.split(' ')[1] ?? '';
  }

  async hostKey(): Promise<string> {
    return (await readFile(join(this.folder, 'host_key.pub'), 'utf8')).trim();
  }

  /** How often somebody came. */
  get visits(): number {
    return this.log.match(/^Connection from /gm)?.length ?? 0;
  }

  private async stop(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
    this.child = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    if (this.ownsPrivateFolder) await rm(PRIVATE_FOLDER, { recursive: true, force: true });
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
