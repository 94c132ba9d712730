import { z } from 'zod';
import * as field from './fields';
import { identity, rules } from './gray-shape';
import {
  APPROVERS_MAX,
  BACK_OFF_MS_MAX,
  CPUS_MAX,
  EXPIRES_MS_MAX,
  INSTANCES_MAX,
  KEEP_FAILED_MS_MAX,
  MEMORY_MAX,
  MEMORY_MIN,
  RETRIES_MAX,
  TIMEOUT_MS_MAX,
} from './limits';
import { APP_NAME_PATTERN, APP_NAME_WORDS, DEFAULT_POOL, LABEL_PATTERN } from './names';
import { on } from './on-shape';
import { cachePathProblem, containerPathProblem, contextProblem, repositoryPathProblem } from './paths';

/**
 * The shape of `gantry.yml` as people write it. One text: `parse` checks with it, the JSON Schema is made from it,
 * and its descriptions are the comments of the catalog and the manual.
 */

const HTTP_PATH = "^/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,1000}$";
const VALUE = '^[A-Za-z0-9._-]{1,64}$';
const SECOND = 1000;
const LABEL_WORDS = 'a name of a-z, 0-9 and "-", starting with a letter';

const memory = field.memory(MEMORY_MIN, MEMORY_MAX);
const role = field.word(LABEL_PATTERN, `${LABEL_WORDS}, such as release-manager`);
const httpPath = field.word(HTTP_PATH, 'an HTTP path that starts with "/", such as /health');
const httpStatus = field.whole(100, 599);
const cache = field.list(field.pathThat(cachePathProblem, 'a folder such as ~/.m2'));

const pool = field
  .word(LABEL_PATTERN, `${LABEL_WORDS}, such as build`)
  .prefault(DEFAULT_POOL)
  .describe('Only runners of this pool take its steps: gantry runner --pool NAME.');

const retry = z
  .strictObject({
    times: field.whole(0, RETRIES_MAX).prefault(3).describe('How often it is tried again.'),
    backOff: field
      .duration(0, BACK_OFF_MS_MAX)
      .prefault('1s')
      .describe('Pause before the first time; then twice as long.'),
    on: field
      .list(field.retryCause)
      .prefault(['world'])
      .describe(
        'After what: "world" (Docker, the disk, the network around it), "timeout", or an exit code of its command.',
      ),
  })
  .optional()
  .describe('When it is tried again. Default: three times when something around it fails.');

const secrets = field.secretNames.describe(
  'Secrets that it is given, each as a file /run/secrets/NAME. Set them with "gantry secret set".',
);

const artifact = z.strictObject({
  in: field.imageName.describe('Image that the build runs in. The repository is the working folder.'),
  run: field.text('a command').describe('The command, given to a shell. Ends with 0, or the build has failed.'),
  take: field
    .pathThat(repositoryPathProblem, 'a file pattern such as target/*.war')
    .describe('The file to deliver, a pattern relative to this file. Exactly one file must match.'),
  cache: cache.prefault([]).describe('Folders kept from build to build of this app. "~" is the home of the build.'),
  env: field.variables.prefault({}).describe('Environment variables of the build.'),
  timeout: field.duration(SECOND).prefault('15m').describe('The build is stopped and has failed after this time.'),
  memory: memory.prefault('1g').describe('Memory limit of the build.'),
  secrets,
  retry,
});

const command = z.strictObject({
  name: field.word(LABEL_PATTERN, LABEL_WORDS).describe('Name of the step; it is shown as command/NAME.'),
  in: field.imageName.optional().describe('Image to run in. Default: that of build.artifact, else gantry/debian.'),
  run: field.text('a command').describe('The command, given to a shell. Ends with 0, or the run has failed.'),
  env: field.variables.prefault({}).describe('Environment variables of the command.'),
  cache: cache.prefault([]).describe('Folders kept from run to run of this app.'),
  timeout: field.duration(SECOND).prefault('10m').describe('The command is stopped and has failed after this time.'),
  memory: memory.prefault('1g').describe('Memory limit of the command.'),
  secrets,
  retry,
});

const image = z.strictObject({
  dockerfile: field
    .pathThat(repositoryPathProblem, 'a file such as Dockerfile')
    .prefault('Dockerfile')
    .describe('The Dockerfile.'),
  context: field
    .pathThat(contextProblem, 'a folder such as "."')
    .prefault('.')
    .describe('Folder whose files the build sees, with the Dockerfile in it. "/" is the whole repository.'),
  target: field
    .word(VALUE, 'the name of a build stage')
    .optional()
    .describe('Build stage to stop at. Default: the last.'),
  args: field.buildArguments.prefault({}).describe('Build arguments (ARG). Never secrets: they stay in the image.'),
  timeout: field.duration(SECOND).prefault('15m').describe('The build is stopped and has failed after this time.'),
  retry,
});

const health = {
  path: httpPath.describe('Asked over HTTP until it answers.'),
  status: httpStatus.describe('The answer of a healthy instance.'),
  within: field.duration(SECOND).describe('An instance that is not healthy after this time has failed.'),
};

const file = z.strictObject({
  from: field.pathThat(repositoryPathProblem, 'a file of the repository').describe('File in the repository.'),
  to: field
    .pathThat(containerPathProblem, 'an absolute path in the container')
    .describe('Where it stands in the container.'),
});

const serving = {
  port: field.whole(1, 65_535).describe('Port that the app listens on in its container.'),
  env: field.variables.describe('Environment variables of each instance. A stage adds to them and overrides by name.'),
  files: field.list(file).describe('Configuration files. A stage adds to them and overrides by "to".'),
  instances: field.whole(1, INSTANCES_MAX).describe('How many containers share the traffic.'),
  sticky: field.yesOrNo.describe('A session stays on its instance, through promotion and drain.'),
  drain: field
    .duration(0)
    .describe('How long requests, sessions and WebSockets may go on where the traffic went away.'),
  secrets: field.secretNames.describe(
    'Secrets of each instance, as files /run/secrets/NAME. A stage names all of its own instead. Gray and production ' +
      'are given those that were set for production, once the people that the stage asks have agreed.',
  ),
};

const memoryOfInstance = memory.describe('Memory limit of each instance.');
const cpusOfInstance = field.fraction(0.01, CPUS_MAX).describe('CPU limit of each instance.');
const resourceWords = 'What one instance may use.';
const healthWords = 'How an instance proves that it works. Without it no release is ever called good.';

const serve = z.strictObject({
  base: field.imageName
    .optional()
    .describe('Base container that the artifact of "build" is put into. Either this or "image".'),
  image: image.optional().describe('The app\'s own image, built by its Dockerfile. Either this or "base".'),
  port: serving.port,
  health: z
    .strictObject({ ...health, status: health.status.prefault(200), within: health.within.prefault('60s') })
    .describe(healthWords),
  env: serving.env.prefault({}),
  files: serving.files.prefault([]),
  instances: serving.instances.prefault(1),
  resources: z
    .strictObject({ memory: memoryOfInstance.prefault('512m'), cpus: cpusOfInstance.prefault(1) })
    .prefault({})
    .describe(resourceWords),
  sticky: serving.sticky.prefault(false),
  drain: serving.drain.prefault('30s'),
  secrets: serving.secrets,
});

/** What a stage may say otherwise than `serve`. The bytes (`base`, `image`) are the same in all stages. */
const serveOverride = z.strictObject({
  port: serving.port.optional(),
  health: z.strictObject(health).partial().optional().describe('Overrides single keys of serve.health.'),
  env: serving.env.optional(),
  files: serving.files.optional(),
  instances: serving.instances.optional(),
  resources: z
    .strictObject({ memory: memoryOfInstance.optional(), cpus: cpusOfInstance.optional() })
    .optional()
    .describe('Overrides single keys of serve.resources.'),
  sticky: serving.sticky.optional(),
  drain: serving.drain.optional(),
  secrets: serving.secrets,
});

const httpCheck = z.strictObject({
  path: httpPath.describe('Asked through the gateway, as a visitor would.'),
  status: httpStatus.prefault(200).describe('The expected answer.'),
  contains: field.text('text that the answer must contain').optional().describe('Text that the answer must contain.'),
  timeout: field.duration(SECOND).prefault('10s').describe('Time for the answer.'),
});

const EITHER = 'either "http" alone, or "run" with its own in, env, timeout, memory and secrets';
const check = z
  .strictObject({
    http: httpCheck.optional().describe('A check by one HTTP request.'),
    run: field.text('a command').optional().describe('A check by a command; GANTRY_URL holds the address.'),
    in: field.imageName.optional().describe('Image that "run" runs in. Default: gantry/debian.'),
    env: field.variables.optional().describe('Environment variables of "run".'),
    timeout: field.duration(SECOND).optional().describe('Time for "run". Default: 5m.'),
    memory: memory.optional().describe('Memory limit of "run". Default: 256m.'),
    secrets: field.secretNames.describe('Secrets that "run" is given, each as a file /run/secrets/NAME.'),
  })
  .refine((entry) => (entry.http === undefined ? entry.run !== undefined : Object.keys(entry).length === 1), {
    error: EITHER,
  });

const approve = z.strictObject({
  role: role.describe('Who is asked.'),
  count: field.whole(1, APPROVERS_MAX).prefault(1).describe('How many different people must agree.'),
  expires: field
    .duration(60 * SECOND, EXPIRES_MS_MAX)
    .prefault('7d')
    .describe('Without an answer, the run ends.'),
  window: field.changeWindow
    .optional()
    .describe('What comes next begins only then, whenever people agree; a way back waits for nothing.'),
});

const stage = {
  deliver: field
    .oneOf(['image', 'inject'])
    .optional()
    .describe('"inject" puts the artifact into a fresh base container; "image" starts the sealed image.'),
  serve: serveOverride.prefault({}).describe('What is served otherwise than "serve" says, in this stage only.'),
  verify: field
    .list(check)
    .prefault([])
    .describe('Checks from outside, through the gateway, after the start and before people are asked.'),
  keepFailed: field
    .duration(0, KEEP_FAILED_MS_MAX)
    .prefault('0s')
    .describe('How long an instance that did not get healthy is kept for a look, out of all traffic.'),
  order: field
    .oneOf(['newest', 'strict'])
    .optional()
    .describe(
      'One run at a time is here. "newest": a newer run of a branch takes the place of one that waits. ' +
        '"strict": each has its turn, in the order of the pushes. Default: strict in gray and production, else newest.',
    ),
  pool,
  retry,
  approve: approve
    .optional()
    .describe('People are asked after the release runs and is verified here, before it gets traffic or goes on.'),
};

const observe = z.strictObject({
  for: field.duration(SECOND).describe('How long gray is watched.'),
  errors: field.shareThreshold.optional().describe('Share of failed answers (5xx) that gray must stay under.'),
  p95: field.durationThreshold.optional().describe('Time in which 95 of 100 answers of gray must be given.'),
  minRequests: field
    .whole(0, 1_000_000)
    .prefault(20)
    .describe('With fewer gray requests the verdict is "cannot tell", and people decide.'),
});

const environmentStage = z.strictObject(stage);
const grayStage = z.strictObject({
  ...stage,
  share: field.share.prefault('5%').describe('How much of the traffic meets the new release.'),
  rules,
  identity: identity.optional().describe('Who a visitor is, so that a user meets the same release on all devices.'),
  observe: observe.optional().describe('Watches gray and judges: go on, stop, or cannot tell.'),
});
const productionStage = z.strictObject({
  ...stage,
  keepWarm: field
    .duration(0, TIMEOUT_MS_MAX * 365)
    .prefault('30m')
    .describe('How long the previous release keeps running, so that going back is one switch. At most 7d.'),
});

export const pipelineShape = z.strictObject({
  app: field.word(APP_NAME_PATTERN, APP_NAME_WORDS).describe('Name of the app: a DNS label, part of its addresses.'),
  on,
  build: z
    .strictObject({
      artifact: artifact.optional().describe('Makes the WAR, EAR or other file that is put into "serve.base".'),
      commands: field.list(command).prefault([]).describe('Commands that must succeed before anything is sealed.'),
      order: field
        .oneOf(['newest', 'every'])
        .prefault('newest')
        .describe(
          '"newest": of a branch one push is built and one waits; a newer one takes the place of the one that waits. ' +
            '"every": all are built, side by side.',
        ),
      pool,
    })
    .prefault({})
    .describe('What is made before a release is sealed.'),
  serve: serve.describe('How instances run, in all stages.'),
  stages: z
    .object({
      test: environmentStage.optional().describe('A place of its own. Any other name makes another one like it.'),
      gray: grayStage
        .optional()
        .describe('The new release runs beside the stable one and meets a share of its traffic.'),
      production: productionStage.optional().describe('The new release takes all traffic; the old one stays warm.'),
    })
    .catchall(environmentStage)
    .prefault({ test: {}, gray: {}, production: {} })
    .describe('Where a release goes, in this order. Leave a stage out to skip it; production always stands last.'),
});

/** A checked `gantry.yml`, units converted, before stages are merged with `serve`. */
export type PipelineShape = z.output<typeof pipelineShape>;
export type EnvironmentShape = z.output<typeof environmentStage>;
export type ServeOverrideShape = z.output<typeof serveOverride>;
export type CheckShape = z.output<typeof check>;
