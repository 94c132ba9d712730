import { Readable } from 'node:stream';
import { GantryError } from '../../../engine/model/errors';
import type { CommitFacts, Sources } from '../../../engine/ports/sources';
import type { PipelineName } from '../commands/command';
import { pipelineText } from './pipelines';

interface Commit {
  app: string;
  pipeline: PipelineName;
}

/** Repositories whose commits are a pipeline and little else. */
export class SimulatedSources implements Sources {
  readonly commits = new Map<string, Commit>();
  /** Where `refs/heads/main` of an app stands. */
  readonly mains = new Map<string, string>();

  /** A commit on main that has this pipeline. @returns its id */
  commitTo(app: string, pipeline: PipelineName): string {
    const id = (this.commits.size + 1).toString(16).padStart(40, 'c');
    this.commits.set(id, { app, pipeline });
    this.mains.set(app, id);
    return id;
  }

  /** Main stands there from now on. @returns the same */
  moveTo(app: string, commit: string): string {
    this.mains.set(app, commit);
    return commit;
  }

  /** Oldest first. */
  commitsOf(app: string): string[] {
    return [...this.commits].filter(([, commit]) => commit.app === app).map(([id]) => id);
  }

  async commit(_app: string, commit: string): Promise<CommitFacts> {
    this.demand(commit);
    const [email = '', ...others] = writersOf(commit);
    const title = `change ${commit.slice(-4)}`;
    return {
      commit,
      title,
      message: [title, '', ...others.map((mail) => `Co-authored-by: Somebody <${mail}>`)].join('\n'),
      author: email.replace(/@.*/, ''),
      email,
      committerEmail: email,
      time: 0,
      parents: [],
    };
  }

  async comesFrom(): Promise<boolean> {
    return false;
  }

  async history(app: string, commit: string): Promise<CommitFacts[]> {
    return [await this.commit(app, commit)];
  }

  async changedPaths(): Promise<{ paths: string[] }> {
    return { paths: ['gantry.yml'] };
  }

  async extras(): Promise<[]> {
    return [];
  }

  async readFile(app: string, commit: string, path: string): Promise<Buffer | undefined> {
    const { pipeline } = this.demand(commit);
    if (path === 'gantry.yml') return Buffer.from(pipelineText(app, pipeline));
    return FILES.includes(path) ? Buffer.from(`${path} of ${commit}`) : undefined;
  }

  async listFiles(): Promise<string[]> {
    return ['gantry.yml', ...FILES];
  }

  async tar(_app: string, commit: string): Promise<NodeJS.ReadableStream> {
    return Readable.from([commit]);
  }

  async heads(app: string): Promise<{ ref: string; commit: string }[]> {
    const commit = this.mains.get(app);
    return commit === undefined ? [] : [{ ref: 'refs/heads/main', commit }];
  }

  /** Everything as it is there. */
  copy(other: SimulatedSources): void {
    for (const [id, commit] of other.commits) this.commits.set(id, commit);
    for (const [app, commit] of other.mains) this.mains.set(app, commit);
  }

  private demand(commit: string): Commit {
    const found = this.commits.get(commit);
    if (found === undefined) throw new GantryError('not-found', 'commit-unknown', `there is no commit ${commit}`);
    return found;
  }
}

/** Addresses of who wrote a commit: now this one, now that one, and sometimes two. */
export function writersOf(commit: string): string[] {
  const number = Number.parseInt(commit.replace(/^c+/, ''), 16) || 0;
  const author = ['eve@home.example', 'ada@example.org', 'ada@example.org', 'grace@example.org'][number % 4] ?? '';
  return number % 5 === 0 ? [author, 'ivy@example.org'] : [author];
}

const FILES = ['Dockerfile', 'app.conf', 'smoke.sh', 'Makefile'];
