import { StepFailure } from '../../engine/model/errors';
import type { CommandEnd, CommandRequest } from '../../engine/ports/builder';
import type { SecretsWanted } from '../../engine/ports/secrets';
import type { StepWork } from '../../engine/ports/step-kind';
import { parameterVariables } from '../../pipelines/parameters';
import type { World } from '../world';
import { appSources } from './app-sources';
import { buildLabels } from './labels';

/** A command of the pipeline, as `gantry.yml` says it. */
export interface UserCommand {
  in: string;
  run: string;
  env: Record<string, string>;
  timeout: number;
  memory: number;
  cache?: string[];
  secrets?: string[] | undefined;
}

/**
 * Runs a user's command in a container with the sources of the commit as its working folder.
 * @throws StepFailure with fault `user` when it does not end well.
 */
export async function runUserCommand(
  context: StepWork,
  world: World,
  effectKey: string,
  command: UserCommand,
  extra: Partial<Pick<CommandRequest, 'take' | 'network' | 'hosts'>> & { role?: 'build' | 'verify' } = {},
): Promise<CommandEnd> {
  const { lease, log, signal } = context;
  const { role, ...request } = extra;
  const secrets = await context.secrets({ names: command.secrets ?? [], stage: stageOf(context) });
  await world.bases.ensure([command.in], log);
  const ended = await world.builder.runCommand({
    ...request,
    image: command.in,
    command: command.run,
    env: { ...command.env, ...parameterVariables(lease.run.parameters) },
    secrets,
    sources: await (await appSources(context, world)).tar('.'),
    cache: { key: lease.app.name, paths: command.cache ?? [] },
    memory: command.memory,
    timeoutMs: command.timeout,
    labels: buildLabels(context, effectKey, role),
    signal,
    onLine: log,
  });
  failUnlessDone(ended, command);
  return ended;
}

/** Whose secrets a command has; a build is of no stage. */
function stageOf({ lease: { role, stage } }: StepWork): SecretsWanted['stage'] {
  return role === 'build' ? null : { name: stage, production: role !== 'environment' };
}

function failUnlessDone(ended: CommandEnd, { run, timeout }: UserCommand): void {
  const short = run.length > 60 ? `${run.slice(0, 60)}…` : run;
  if (ended.timedOut) {
    const next = 'raise its timeout, or make it faster';
    throw new StepFailure('user', `"${short}" took longer than ${timeout / 1000} s`, next, { ended: 'timeout' });
  }
  if (ended.outOfMemory) {
    throw new StepFailure('user', `"${short}" ran out of memory`, 'raise its memory limit in gantry.yml');
  }
  if (ended.exitCode !== 0) {
    const next = 'its last lines stand in the log of this step';
    throw new StepFailure('user', `"${short}" ended with exit code ${ended.exitCode}`, next, { ended: ended.exitCode });
  }
}
