import { clockTime } from '../../pipelines/cron';

/** Why a run was started, where its trigger and the person alone do not say it. */
export type RunCause = StartCause | ScheduleCause | ReleasedCause;

interface StartCause {
  kind: 'start';
  /** Why, in the words of whoever started it; may be empty. */
  reason: string;
}

export interface ScheduleCause {
  kind: 'schedule';
  cron: string;
  zone: string;
  /** When it was due, ms UTC. */
  at: number;
  /** The first time that nobody was there to start a run for, ms UTC: this one, or the first of several; else null. */
  missedSince: number | null;
}

export interface ReleasedCause {
  kind: 'released';
  app: string;
  stage: string;
  /** Number of the release, and of the run that made it. */
  release: number;
  run: number;
  /** Who started that run. */
  startedBy: string;
  /** The apps that led here one after the other, this cause's own as the last. */
  chain: string[];
}

/** A sentence for people, without its dot. */
export function causeWords(cause: RunCause): string {
  switch (cause.kind) {
    case 'start':
      return cause.reason === '' ? 'started by hand' : `started by hand: ${cause.reason}`;
    case 'schedule':
      return scheduleWords(cause);
    case 'released':
      return `started by release ${cause.release} of ${cause.app} (run ${cause.run}), which came through ${cause.stage}`;
  }
}

function scheduleWords({ cron, zone, at, missedSince }: ScheduleCause): string {
  const due = `started by the schedule "${cron}" for ${clockTime(at, zone)} ${zone}`;
  if (missedSince === null) return due;
  if (missedSince === at) return `${due}, made up for: nobody could start it then`;
  return `${due}, made up for: it is the last of those that nobody could start since ${clockTime(missedSince, zone)}`;
}
