import { z } from 'zod';
import { EXTRAS } from '../../../engine/extras/names';
import { FORGES } from '../../../engine/forges/forge-name';
import { INSTANCE_STATES } from '../../../engine/model/states';
import { lineFields } from './channels';
import { listOf, oneOf, perhapsTime, time } from './common';
import { shownRule } from './gray';
import { releaseRef } from './releases';
import { runSummary } from './runs';

const instance = z
  .strictObject({
    name: z.string(),
    state: oneOf(INSTANCE_STATES),
    release: z.int(),
    lane: z.string(),
    address: z.string().nullable(),
    port: z.int(),
    keptUntil: perhapsTime.describe('a failed one that is kept for a look goes then'),
  })
  .meta({ id: 'Instance' });

export const environment = z
  .strictObject({
    app: z.string(),
    name: z.string(),
    role: z.enum(['environment', 'production']),
    host: z.string(),
    version: z.int().describe('of the last traffic that was decided'),
    confirmedVersion: z.int().describe('of the last traffic that the gateway was seen to follow'),
    share: z.int().describe("gray's share in 1/10,000"),
    rules: z.array(shownRule).describe('ways into gray whatever the share is'),
    warmUntil: perhapsTime,
    stable: releaseRef.nullable(),
    gray: releaseRef.nullable(),
    warm: releaseRef.nullable(),
    previous: releaseRef.nullable().describe('was stable before, and is the way back'),
    instances: z.array(instance),
    url: z.string().describe('where visitors meet it'),
  })
  .meta({ id: 'Environment' });

export const environmentList = listOf(environment);

const hookUrls = z.record(z.string(), z.string()).describe('where each forge calls, by its name');

const extraNames = z.array(z.enum(EXTRAS)).describe('what is fetched beside its commits');

export const extras = z.strictObject({ app: z.string(), extras: extraNames }).meta({ id: 'SourceExtras' });

const sourceFields = { url: z.string(), hasToken: z.boolean(), hooks: hookUrls };

export const app = z
  .strictObject({
    name: z.string(),
    createdAt: time,
    path: z.string().describe('its folder in the repository; `.` for all of it'),
    repository: z.string().describe('the app whose remote it shares, or its own name'),
    remote: z.string().describe('where to push'),
    source: z
      .strictObject({
        ...sourceFields,
        connectedAt: time,
        hostKey: z.string().nullable().describe('fingerprint of the key that is pinned for an SSH host'),
        earlierSecretUntil: perhapsTime.describe('until then the secret of before the last rotation is good, too'),
        comparedAt: perhapsTime.describe('when its branches were last compared with what was delivered'),
        problem: z.string().describe('why that did not go well; empty when it did'),
        extras: extraNames,
      })
      .nullable()
      .describe('where it is fetched from when its forge calls'),
    told: z
      .strictObject({
        forge: z.enum(FORGES).nullable().describe('null: nothing tells which one it is, so it is told nothing'),
        waiting: z.int().describe('statuses and comments that it does not show yet'),
        ...lineFields,
      })
      .nullable()
      .describe('how its forge takes statuses of commits; null for an app without a token'),
    environments: z.array(environment),
    lastRun: runSummary.nullable(),
  })
  .meta({ id: 'App' });

export const appList = listOf(app);

export const connected = z.strictObject({
  app: z.string(),
  ...sourceFields,
  secret: z.string().nullable().describe('of the hook, told when it is made; null when the app keeps the one it had'),
  publicKey: z.string().nullable().describe('what an SSH source must let in; null for every other one'),
});

export const rotated = z
  .strictObject({
    app: z.string(),
    secret: z.string().describe('told only now'),
    earlierUntil: perhapsTime.describe('until then the one before is good, too; null: it is refused from now on'),
  })
  .meta({ id: 'SecretRotated' });

export const deployKey = z
  .strictObject({ app: z.string(), publicKey: z.string(), createdAt: time })
  .meta({ id: 'DeployKey' });

export const hook = z
  .strictObject({
    delivery: z.string().describe("the forge's own name of it"),
    forge: z.string(),
    event: z.string(),
    ref: z.string(),
    after: z.string(),
    receivedAt: time,
    endedAt: perhapsTime,
    outcome: z.string(),
    reason: z.string(),
    attempts: z.int(),
    run: z.int().nullable(),
  })
  .meta({ id: 'Hook' });

export const hookAnswer = hook
  .pick({ delivery: true, outcome: true, reason: true, run: true })
  .meta({ id: 'HookAnswer' });

export const hookList = listOf(hook);
