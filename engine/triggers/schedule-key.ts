import { type CronTimes, nextTime } from '../../pipelines/cron';
import type { ScheduleSpec } from '../../pipelines/types';

/** The same text makes the same schedule, however often the pipeline around it changes. */
export const keyOf = ({ cron, zone, ref }: ScheduleSpec): string => `${cron} ${zone}${ref === null ? '' : ` ${ref}`}`;

/** A time that never comes, for a schedule whose last time is over. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** The first time after `after`, ms UTC. */
export const nextOf = (times: CronTimes, after: number): number => nextTime(times, after) ?? NEVER;
