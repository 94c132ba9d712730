import type { ScheduleShown, TriggersShown } from '../../engine/triggers/show';
import { clockTime } from '../../pipelines/cron';

/** What starts runs by itself, a line each; null when nothing does, and nothing is wrong with that. */
export function triggersView({ reason, ref, schedules, released, followed }: TriggersShown) {
  if (schedules.length + released.length === 0) return null;
  return {
    reason,
    rows: [
      ...schedules.map((one) => scheduleRow(one, ref)),
      ...released.map(({ app, stage }) => {
        const last = followed.find((one) => one.app === app && one.stage === stage);
        const next = last?.state === 'pending' ? `release ${last.release}, soon` : '';
        return { what: `${stage} of ${app}`, next, lastAt: last?.at ?? null, run: last?.run, reason: last?.reason };
      }),
    ],
  };
}

const scheduleRow = ({ cron, zone, ref, next: [next], lastAt, lastRun, reason }: ScheduleShown, main: string) => ({
  what: `${cron} ${zone}, ${ref ?? main.replace('refs/heads/', '')}`,
  next: next === undefined ? '' : clockTime(next, zone),
  lastAt,
  run: lastRun,
  reason,
});
