import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { ensureRepository } from '../../../../web/git/repository';
import { ForgeRepository } from '../forge';
import { APP, type Head, push } from './histories';
import { drive, type MatrixPlace, runnerIn } from './runners';
import { openWorkplace } from './workplace';

/** Two releases went before, so that there is something to share with, to keep warm and to retire. */
const BEFORE = 2;

/** A data folder in which two releases have gone through; each point begins with a copy of one. */
export interface Template {
  home: string;
  /** Opens the API. */
  token: string;
  /** A branch that was not delivered yet. */
  next: Head;
}

export class Templates {
  private readonly made = new Map<string, Promise<Template>>();

  constructor(private readonly place: MatrixPlace) {}

  /** @param waitsAt the step at which a third run waits for people; without it there is none */
  of(pipeline: string, waitsAt?: string): Promise<Template> {
    const key = `${pipeline} ${waitsAt}`;
    const made = this.made.get(key) ?? this.make(`template-${this.made.size}`, pipeline, waitsAt);
    this.made.set(key, made);
    return made;
  }

  /** A folder of one's own that begins as this template. */
  async copy(template: Template, name: string): Promise<string> {
    const home = join(this.place.folder, name);
    cpSync(template.home, home, { recursive: true });
    return home;
  }

  private async make(name: string, pipeline: string, waitsAt: string | undefined): Promise<Template> {
    const home = join(this.place.folder, name);
    await ensureRepository({ home, root: this.place.root, programs: this.place.environment.PATH ?? '' }, APP);
    const repository = await ForgeRepository.make(join(home, 'git', `${APP}.git`), pipeline, BEFORE + 1);
    const heads = repository.branches.map((branch, i) => ({ branch, commit: repository.commits[i] as string }));
    const workplace = await openWorkplace(home, this.place.redisUrl);
    const runner = runnerIn(this.place, home, `${name}-runner`);
    try {
      const { token = '' } = (await workplace.engine.users.first('owner')) ?? {};
      await workplace.engine.apps.create(APP, 'user:ada');
      await runner.start();
      for (const head of waitsAt === undefined ? heads.slice(0, BEFORE) : heads) {
        const isLast = head === heads[BEFORE];
        await drive(workplace, await push(workplace.engine, head), isLast ? { until: waitsAt } : {});
      }
      return { home, token, next: heads[BEFORE] as Head };
    } finally {
      await runner.stop();
      await workplace.close();
    }
  }
}
