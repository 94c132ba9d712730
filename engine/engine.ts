import { decideApproval } from './approvals/decide';
import { connectApp } from './apps/connect';
import { createApp } from './apps/create';
import { findApp, listApps } from './apps/find';
import { hookSecretOf, showSource, sourceOf } from './apps/source';
import { holdTerm } from './control/term';
import { acceptPush } from './deliveries/accept';
import { deliveredHeads } from './deliveries/heads';
import { appsWithHooksDue, hooksDue, showHooks } from './deliveries/hooks';
import { receiveHook } from './deliveries/receive-hook';
import { endHooks, postponeHooks, settleHooks } from './deliveries/settle-hooks';
import { changeTraffic, changeTrafficIn, confirmTraffic } from './environments/change';
import { coolEnvironment } from './environments/cool';
import { ensureEnvironment } from './environments/ensure';
import { findEnvironment, findProduction, listEnvironments } from './environments/find';
import { showEnvironments } from './environments/show';
import { desiredSlots } from './environments/slots';
import { eventsSince, newestEvent } from './events/since';
import { listInstances, moveInstance, recordInstance } from './instances/record';
import type { EngineParts } from './parts';
import { sealArtifact } from './releases/artifacts';
import { findRelease, findReleaseNumber, listReleases } from './releases/find';
import { sealRelease, withdrawRelease } from './releases/seal';
import { showRelease, showReleases } from './releases/show';
import { cancelRun } from './runs/cancel';
import { findRun, listRuns, stepsOf } from './runs/find';
import { setGrayShare } from './runs/gray';
import { previewUndo } from './runs/preview-undo';
import { rollback } from './runs/rollback';
import { showRun } from './runs/show';
import { listRunSummaries } from './runs/summary';
import { undo } from './runs/undo';
import { answers, countAll } from './store/counts';
import { secretOf } from './store/secret';
import { firstUser, isSolo, userOfToken, userOfTokenHash } from './users/token';

/** Binds a verb's first argument: the parts that it works with. */
type Bound<F> = F extends (parts: EngineParts, ...rest: infer Rest) => infer Result ? (...rest: Rest) => Result : never;
const bind = <F extends (parts: EngineParts, ...rest: never[]) => unknown>(parts: EngineParts, verb: F): Bound<F> =>
  ((...rest: never[]) => verb(parts, ...rest)) as Bound<F>;

/** All wiring of the engine on one screen. Every verb is a function of its parts and what it is asked. */
export function createEngine(parts: EngineParts) {
  const to = <F extends (parts: EngineParts, ...rest: never[]) => unknown>(verb: F) => bind(parts, verb);
  return {
    parts,
    apps: {
      create: to(createApp),
      find: to(findApp),
      list: to(listApps),
      connect: to(connectApp),
      source: to(showSource),
    },
    deliveries: { accept: to(acceptPush), heads: to(deliveredHeads) },
    hooks: {
      secretOf: to(hookSecretOf),
      sourceOf: to(sourceOf),
      receive: to(receiveHook),
      appsDue: to(appsWithHooksDue),
      due: to(hooksDue),
      settle: to(settleHooks),
      end: to(endHooks),
      postpone: to(postponeHooks),
      show: to(showHooks),
    },
    runs: {
      find: to(findRun),
      list: to(listRuns),
      summaries: to(listRunSummaries),
      show: to(showRun),
      stepsOf: to(stepsOf),
      cancel: to(cancelRun),
      rollback: to(rollback),
      previewUndo: to(previewUndo),
      undo: to(undo),
      setGrayShare: to(setGrayShare),
    },
    approvals: { decide: to(decideApproval) },
    releases: {
      seal: to(sealRelease),
      withdraw: to(withdrawRelease),
      find: to(findRelease),
      findNumber: to(findReleaseNumber),
      list: to(listReleases),
      show: to(showRelease),
      showAll: to(showReleases),
      sealArtifact: to(sealArtifact),
    },
    environments: {
      ensure: to(ensureEnvironment),
      change: to(changeTraffic),
      changeIn: to(changeTrafficIn),
      confirm: to(confirmTraffic),
      cool: to(coolEnvironment),
      find: to(findEnvironment),
      production: to(findProduction),
      list: to(listEnvironments),
      show: to(showEnvironments),
      desiredSlots: to(desiredSlots),
    },
    instances: { record: to(recordInstance), move: to(moveInstance), list: to(listInstances) },
    events: { since: to(eventsSince), newest: to(newestEvent) },
    users: {
      first: to(firstUser),
      ofToken: to(userOfToken),
      ofTokenHash: to(userOfTokenHash),
      isSolo: to(isSolo),
    },
    terms: { hold: to(holdTerm) },
    store: { counts: to(countAll), answers: to(answers), secret: to(secretOf) },
  };
}

export type Engine = ReturnType<typeof createEngine>;
