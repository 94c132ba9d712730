import type { EventType } from '../events/emit';
import type { RunTrigger } from '../store/tables';
import type { Message, MessageKind } from './message';

/** An event with what is known of its run. */
export interface RunHappened {
  type: EventType;
  data: Readonly<Record<string, unknown>>;
  at: number;
  app: string;
  run: {
    number: number;
    trigger: RunTrigger;
    ref: string;
    commit: string;
    title: string;
    author: string;
    /** Number of its release; null while it has none. */
    release: number | null;
  };
}

const LINE_MAX = 300;

/** The one place that says which events people are told of, and in which words. Null: of this one nobody is told. */
export function compose(happened: RunHappened, link: string): Message | null {
  const said = sayingOf(happened);
  if (said === null) return null;
  const { app, run, at } = happened;
  const lines = [...said.lines, changeOf(run)].filter((line) => line !== '').map(oneLine);
  return { kind: said.kind, app, run: run.number, title: oneLine(`${app} ${said.title}`), lines, link, at };
}

interface Saying {
  kind: MessageKind;
  title: string;
  lines: readonly string[];
}

function sayingOf({ type, data, run }: RunHappened): Saying | null {
  const number = `#${run.number}`;
  const state = textOf(data.state);
  if (type === 'run' && state === 'failed') {
    return { kind: 'failed', title: `${number} has failed`, lines: [textOf(data.reason)] };
  }
  if (type === 'run' && state === 'succeeded' && run.trigger === 'rollback') {
    return { kind: 'rolled-back', title: `is back at release ${run.release ?? '?'} (${number})`, lines: [] };
  }
  if (type === 'approval' && typeof data.brokeGlass === 'string') {
    const title = `${number}: ${textOf(data.user)} has opened ${textOf(data.step)} in an emergency`;
    return { kind: 'emergency', title, lines: [data.brokeGlass] };
  }
  if (type === 'approval' && state === 'requested' && data.user === undefined) {
    return { kind: 'approval', title: `${number} waits for approval`, lines: [askedOf(data)] };
  }
  if (type === 'approval' && state === 'rejected') {
    return { kind: 'rejected', title: `${number} was rejected`, lines: [`by ${textOf(data.user)}`] };
  }
  if (type === 'step' && state === 'succeeded' && run.trigger !== 'undo') return reached(textOf(data.step), run);
  return null;
}

/** A release has come somewhere by a step of its run. */
function reached(step: string, { number, release, trigger }: RunHappened['run']): Saying | null {
  const what = `release ${release ?? '?'}`;
  if (step.endsWith('/share')) return { kind: 'gray', title: `${what} meets gray users (#${number})`, lines: [] };
  if (!step.endsWith('/promote') || trigger === 'rollback') return null;
  return { kind: 'released', title: `${what} is in production (#${number})`, lines: [] };
}

function askedOf({ step, role, count }: RunHappened['data']): string {
  const who = role === undefined ? '' : ` of ${textOf(role)}`;
  const many = typeof count === 'number' && count > 1 ? `, ${count} people are needed` : '';
  return `${textOf(step)} asks${who}${many}`;
}

const changeOf = ({ commit, ref, title, author }: RunHappened['run']): string =>
  `${commit.slice(0, 12)} ${ref.replace(/^refs\/(heads|tags)\//, '')}: ${title} (${author})`;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Control characters would let a commit's title write lines of its own. */
function oneLine(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return plain.length > LINE_MAX ? `${plain.slice(0, LINE_MAX - 1)}…` : plain;
}
