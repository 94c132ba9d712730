import { createHmac, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A body of fixtures/hooks, byte by byte. */
export const bodyOf = (name: string): Buffer =>
  readFileSync(join(__dirname, '..', '..', '..', 'fixtures', 'hooks', `${name}.json`));

const hex = (secret: string, body: Buffer) => createHmac('sha256', secret).update(body).digest('hex');

/** Headers as each forge sends them with a push. */
export const headersOf = {
  github: (secret: string, body: Buffer, id: string = randomUUID(), event = 'push') => ({
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/044aadd',
    'x-github-event': event,
    'x-github-delivery': id,
    'x-github-hook-id': '509221937',
    'x-hub-signature': `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`,
    'x-hub-signature-256': `sha256=${hex(secret, body)}`,
  }),
  gitlab: (secret: string, _body: Buffer, id: string = randomUUID(), event = 'Push Hook') => ({
    'content-type': 'application/json',
    'user-agent': 'GitLab/18.4.1',
    'x-gitlab-event': event,
    'x-gitlab-event-uuid': randomUUID(),
    'idempotency-key': id,
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
    'x-gitlab-token': secret,
  }),
  /** Standard Webhooks. */
  generic: (secret: string, body: Buffer, id: string = randomUUID(), seconds = Math.floor(Date.now() / 1000)) => ({
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,${createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64'))
      .update(`${id}.${seconds}.`)
      .update(body)
      .digest('base64')}`,
  }),
  /** GitLab with a signing token. */
  standard: (secret: string, body: Buffer, id: string = randomUUID()) => ({
    ...headersOf.generic(secret, body, id),
    'x-gitlab-event': 'Push Hook',
    'idempotency-key': id,
  }),
  gitea: (secret: string, body: Buffer, id: string = randomUUID(), event = 'push') => ({
    'content-type': 'application/json',
    'x-gitea-event': event,
    'x-gitea-delivery': id,
    'x-gitea-signature': hex(secret, body),
    'x-github-event': event,
    'x-github-delivery': id,
    'x-hub-signature-256': `sha256=${hex(secret, body)}`,
  }),
  forgejo: (secret: string, body: Buffer, id: string = randomUUID(), event = 'push') => ({
    ...headersOf.gitea(secret, body, id, event),
    'x-forgejo-event': event,
    'x-forgejo-delivery': id,
    'x-forgejo-signature': hex(secret, body),
  }),
  /** With a signing key. There is no id: the time (ms) is what differs. */
  gitee: (secret: string, _body: Buffer, time: string = String(Date.now()), event = 'Push Hook') => ({
    'content-type': 'application/json',
    'user-agent': 'git-oschina-hook',
    'x-gitee-event': event,
    'x-git-oschina-event': event,
    'x-gitee-ping': 'false',
    'x-gitee-timestamp': time,
    'x-gitee-token': createHmac('sha256', secret).update(`${time}\n${secret}`).digest('base64'),
  }),
  bitbucket: (secret: string, body: Buffer, id: string = randomUUID(), event = 'repo:push') => ({
    'content-type': 'application/json',
    'user-agent': 'Bitbucket-Webhooks/2.0',
    'x-attempt-number': '1',
    'x-event-key': event,
    'x-hook-uuid': '5a3d1e7c-41f7-4a4e-8f0e-6a8a8f0d2b11',
    'x-request-uuid': id,
    'x-hub-signature': `sha256=${hex(secret, body)}`,
  }),
  'bitbucket-dc': (secret: string, body: Buffer, id: string = randomUUID(), event = 'repo:refs_changed') => ({
    'content-type': 'application/json; charset=utf-8',
    'x-event-key': event,
    'x-request-id': id,
    'x-hub-signature': `sha256=${hex(secret, body)}`,
  }),
};

/** A `git` that writes down how it was called, and waits before a fetch while it is told to. */
export class WatchedGit {
  private constructor(private readonly folder: string) {}

  static async make(): Promise<WatchedGit> {
    const folder = await mkdtemp(join(tmpdir(), 'gantry-watched-git-'));
    const script = `#!/usr/bin/env bash
printf '%s\\n' "$*" >> "${folder}/calls"
if [[ " $* " == *" fetch "* ]]; then while [[ -e "${folder}/hold" ]]; do sleep 0.02; done; fi
PATH="\${PATH#*:}"
exec git "$@"
`;
    await writeFile(join(folder, 'git'), script);
    await chmod(join(folder, 'git'), 0o755);
    return new WatchedGit(folder);
  }

  get programs(): string {
    return `${this.folder}${delimiter}${process.env.PATH ?? ''}`;
  }

  /** The arguments of each call, a line each. */
  get calls(): string[] {
    const file = join(this.folder, 'calls');
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  }

  /** The calls that somebody caused: looks at sources come by themselves. */
  get caused(): string[] {
    return this.calls.filter((call) => !/ ls-remote /.test(call));
  }

  get fetches(): string[] {
    return this.calls.filter((call) => / fetch /.test(call));
  }

  hold(): void {
    writeFileSync(join(this.folder, 'hold'), '');
  }

  release(): void {
    rmSync(join(this.folder, 'hold'), { force: true });
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
