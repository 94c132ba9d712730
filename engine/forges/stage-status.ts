import type { RunState, StepState } from '../model/states';
import { SENTENCE_MAX, type StatusState } from './post';

export interface StepSeen {
  name: string;
  stage: string;
  state: StepState;
  reason: string;
}

export interface StageStatus {
  stage: string;
  state: StatusState;
  sentence: string;
}

/** How each stage of a run stands, in the order of its steps. Pure. */
export function stageStatuses(run: { state: RunState; reason: string }, steps: readonly StepSeen[]): StageStatus[] {
  const stages = [...new Set(steps.map(({ stage }) => stage))];
  return stages.map((stage) => {
    const { state, sentence } = statusOf(
      run,
      steps.filter((step) => step.stage === stage),
    );
    return { stage, state, sentence: short(sentence) };
  });
}

function statusOf(run: { state: RunState; reason: string }, steps: readonly StepSeen[]): Omit<StageStatus, 'stage'> {
  const failed = steps.find(({ state }) => state === 'failed');
  if (failed !== undefined) return { state: 'failure', sentence: `${failed.name} failed: ${failed.reason}` };
  if (run.state === 'ignored') return { state: 'success', sentence: `nothing to do: ${run.reason}` };
  if (steps.some(({ state }) => state === 'undone')) return { state: 'failure', sentence: 'it was taken back' };
  const cancelled = steps.find(({ state }) => state === 'cancelled');
  if (cancelled !== undefined) return { state: 'cancelled', sentence: `not finished: ${run.reason || run.state}` };
  if (steps.every(({ state }) => state === 'succeeded')) return { state: 'success', sentence: 'succeeded' };
  const waiting = steps.find(({ state }) => state === 'waiting');
  if (waiting !== undefined) return { state: 'pending', sentence: waiting.reason || 'waits for people' };
  const begun = steps.some(({ state }) => state === 'running' || state === 'succeeded');
  return begun ? { state: 'running', sentence: 'is being carried out' } : { state: 'pending', sentence: 'waits' };
}

function short(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return line.length > SENTENCE_MAX ? `${line.slice(0, SENTENCE_MAX - 1)}…` : line;
}
