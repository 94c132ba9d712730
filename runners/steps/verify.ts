import type { Environment } from '../../engine/environments/find';
import { StepFailure } from '../../engine/model/errors';
import type { StepContext, StepKind, StepWork } from '../../engine/ports/step-kind';
import { KEY_HEADER } from '../../engine/rollout/rules';
import type { VerifySpec } from '../../pipelines/types';
import type { World } from '../world';
import { releaseOf } from './release-of';
import { runUserCommand } from './run-command';

/** Pause between tries of an HTTP check, ms. */
const RETRY_MS = 200;

/** Proves the release from outside, through the gateway, as its visitors meet it. */
export function verifyStep(world: World): StepKind<'verify'> {
  return {
    kind: 'verify',
    run: async (context) => {
      const stage = context.stage;
      if (stage === undefined) throw new StepFailure('gantry', 'a check needs a stage');
      const environment = await context.engine.environments.ensure(context.lease, stage);
      const release = await releaseOf(context);
      context.log(`release ${release.number} at http://${environment.host}/`);
      const headers: Record<string, string> =
        stage.role === 'environment' ? {} : { [KEY_HEADER]: environment.traffic.key };
      for (const [index, check] of context.spec.checks.entries()) {
        if (check.kind === 'http') await checkHttp(context, world, environment, check, headers);
        else await checkRun(context, world, environment, check, index);
      }
      return { end: 'succeeded', output: { checks: context.spec.checks.length } };
    },
    inspect: async () => ({ found: 'nothing' }), // looking changes nothing
    undo: async () => ({ end: 'succeeded', output: null }),
  };
}

async function checkHttp(
  context: StepWork,
  world: World,
  environment: Environment,
  check: Extract<VerifySpec, { kind: 'http' }>,
  headers: Record<string, string>,
): Promise<void> {
  const { clock } = context.engine.parts;
  const until = clock.now() + check.timeout;
  for (;;) {
    const found = await ask(world, environment.host, check, headers);
    if (found === undefined) {
      context.log(
        `ok: GET ${check.path} → ${check.status}${check.contains === null ? '' : `, contains "${check.contains}"`}`,
      );
      return;
    }
    if (clock.now() >= until || context.signal.aborted) {
      throw new StepFailure(
        'user',
        `GET ${check.path} at ${environment.host}: ${found}`,
        'see the log of the release: its instances may say why',
        { ended: 'timeout' },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** Undefined when the answer is as expected; else what was wrong with it. */
async function ask(
  world: World,
  host: string,
  check: Extract<VerifySpec, { kind: 'http' }>,
  headers: Record<string, string>,
): Promise<string | undefined> {
  try {
    const answer = await world.prober.get({
      host,
      path: check.path,
      headers,
      timeoutMs: Math.min(check.timeout, 5_000),
    });
    if (answer.status !== check.status) return `answered ${answer.status}, expected ${check.status}`;
    if (check.contains !== null && !answer.body.includes(check.contains)) {
      return `the answer does not contain "${check.contains}": ${answer.body.slice(0, 120)}`;
    }
    return undefined;
  } catch (error) {
    if (error instanceof StepFailure) return error.message;
    throw error;
  }
}

async function checkRun(
  context: StepContext<'verify'>,
  world: World,
  environment: Environment,
  check: Extract<VerifySpec, { kind: 'run' }>,
  index: number,
): Promise<void> {
  const inside = await world.gatewayInside(environment.name);
  const url = `http://${environment.host}:${inside?.port ?? 80}`;
  const command = { ...check, env: { ...check.env, GANTRY_URL: url, GANTRY_HOST: environment.host } };
  const reach = inside === undefined ? {} : { network: inside.network, hosts: { [environment.host]: inside.address } };
  await context.ephemeral(`check ${index}`, (key) =>
    runUserCommand(context, world, key, command, { ...reach, role: 'verify' }),
  );
}
