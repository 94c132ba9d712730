import { clockTime } from '../../pipelines/cron';
import { path } from '../api/client';
import type { Triggers } from '../api/types';
import type { Command } from '../command';
import { table } from '../format/table';
import { moment } from '../format/time';
import { APP } from './run';

export const scheduleList: Command = {
  name: 'schedule list',
  summary: 'lists when runs of an app start by themselves, and after which releases of other apps',
  arguments: [APP],
  options: {},
  details: 'All of it is read from gantry.yml at the head of the default branch: on.schedule and on.released.',
  async run(input, { api, now, out }) {
    const triggers = await api.get<Triggers>(path`/apps/${input.argument('APP')}/triggers`);
    const at = (time: number | null): string => moment(time, now(), out.terminal);
    const parts = [disabled(triggers), times(triggers, at), releases(triggers, at)].filter(Boolean);
    return { json: triggers, text: parts.join('\n\n') || nothing(triggers) };
  },
};

const branchOf = (ref: string): string => ref.replace('refs/heads/', '');

function nothing({ app, commit, ref }: Triggers): string {
  if (commit === null) return `${app} has no gantry.yml on ${branchOf(ref)} that was read yet.`;
  return `Nothing starts runs of ${app} by itself. Write on.schedule or on.released into its gantry.yml.`;
}

const disabled = ({ app, reason }: Triggers): string =>
  reason === '' ? '' : `Nothing starts runs of ${app} by itself now: ${reason}`;

type Told = (time: number | null) => string;

const times = ({ schedules, ref }: Triggers, at: Told): string =>
  table(
    ['SCHEDULE', 'ZONE', 'BRANCH', 'NEXT', 'LAST', 'RUN'],
    schedules.map((one) => [
      one.cron,
      one.zone,
      one.ref ?? branchOf(ref),
      one.next.map((time) => clockTime(time, one.zone)).join(', ') || '-',
      at(one.lastAt) || '-',
      one.reason || (one.lastRun === null ? '-' : `#${one.lastRun}`),
    ]),
  );

function releases({ released, followed }: Triggers, at: Told): string {
  const rows = released.map(({ app, stage }) => {
    const last = followed.find((one) => one.app === app && one.stage === stage);
    if (last === undefined) return [app, stage, '-', '-', '-'];
    const became = last.run === null ? last.reason || last.state : `#${last.run}`;
    return [app, stage, `release ${last.release}`, at(last.at), became];
  });
  return table(['RELEASES OF', 'STAGE', 'LAST', 'WHEN', 'RUN'], rows);
}
