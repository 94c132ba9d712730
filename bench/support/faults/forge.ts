import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';

/** A forge's repository with many branches, each a commit of its own, made in one go. */
export class ForgeRepository {
  private constructor(
    readonly folder: string,
    readonly branches: readonly string[],
    /** The commit of each branch, in the same order. */
    readonly commits: readonly string[],
  ) {}

  /** @param pipeline of every branch; it must want branches `work-*` */
  static async make(folder: string, pipeline: string, branches: number): Promise<ForgeRepository> {
    mkdirSync(folder, { recursive: true });
    const names = Array.from({ length: branches }, (_, i) => `work-${i}`);
    const input = names.map((name) => commitOf(name, { 'gantry.yml': pipeline, Dockerfile: 'FROM gantry/node\n' }));
    await git(folder, ['init', '--quiet', '--bare']);
    await git(folder, ['fast-import', '--quiet'], input.join(''));
    const heads = await git(folder, ['rev-parse', ...names]);
    return new ForgeRepository(folder, names, heads.trim().split('\n'));
  }

  /** Somebody pushes one more commit to a branch. @param change what is new in it */
  async commit(branch: string, change: string): Promise<void> {
    await git(this.folder, ['fast-import', '--quiet'], commitOf(branch, { change }, `refs/heads/${branch}^0`));
  }
}

/** A push webhook as GitHub sends it: what is signed are the bytes. */
export function githubHook(secret: string, delivery: string, branch: string) {
  const body = JSON.stringify({ ref: `refs/heads/${branch}`, after: '1'.repeat(40) });
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': delivery,
    'x-hub-signature-256': `sha256=${signature}`,
  };
  return { method: 'POST', headers, body };
}

const WHO = 'Bench <bench@example.org> 1700000000 +0000';

/** @param parent whose other files it keeps */
function commitOf(branch: string, files: Readonly<Record<string, string>>, parent?: string): string {
  const all = Object.entries({ ...files, branch });
  const lines = all.map(([path, text]) => `M 100644 inline ${path}\n${data(text)}`);
  const from = parent === undefined ? '' : `from ${parent}\n`;
  return `commit refs/heads/${branch}\ncommitter ${WHO}\n${data(`change of ${branch}`)}${from}${lines.join('')}\n`;
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;

async function git(folder: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn('git', ['-C', folder, ...args], { stdio: [input === '' ? 'ignore' : 'pipe', 'pipe', 'inherit'] });
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdin?.end(input);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`git ${args[0]} ended with ${code}`);
  return said;
}
