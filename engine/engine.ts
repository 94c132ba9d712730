import { decideApproval } from './approvals/decide';
import { connectApp } from './apps/connect';
import { createApp } from './apps/create';
import { findApp, listApps } from './apps/find';
import { hookSecretOf, showSource, sourceOf } from './apps/source';
import { noteDamage, noteSound } from './archives/check';
import { dropArchives } from './archives/drop';
import { archivesDue } from './archives/due';
import { findArchive, keptBlobs, soundBlobs } from './archives/find';
import { beginKeeping, endKeeping } from './archives/keep';
import { exportAudit } from './audit/export';
import { listAudit } from './audit/list';
import { anchorRestored } from './audit/restored';
import { verifyAudit } from './audit/verify';
import { watchedAudit } from './audit/watched';
import { confirmRestore } from './control/confirm-restore';
import { hold, liftHold, listHolds } from './control/hold';
import { announceRunner, dismissRunner, seeRunners } from './control/runners';
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
import { endLeavingDue, endSessionsDue } from './environments/leave';
import { showEnvironments } from './environments/show';
import { desiredSlots, insideNames } from './environments/slots';
import { vacateLane } from './environments/vacate';
import { eventsSince, newestEvent } from './events/since';
import { explainGray } from './gray/explain';
import { showGray } from './gray/show';
import { keepUsers, usersIn } from './gray/users';
import { dropInstance, keepInstance, overdueInstances } from './instances/keep';
import { abandonedInstances, lanelessInstances, listInstances, moveInstance, recordInstance } from './instances/record';
import type { EngineParts } from './parts';
import { sealArtifact } from './releases/artifacts';
import { createRelease } from './releases/create';
import { credentialsOf, forgetCredentials, forgetOldCredentials } from './releases/credentials';
import { findRelease, findReleaseNumber, listReleases } from './releases/find';
import { sealRelease, withdrawRelease } from './releases/seal';
import { showRelease, showReleases } from './releases/show';
import { liveRecords } from './retention/live-records';
import { measureRetention } from './retention/measure';
import { askForPass, endPass, nextPass, showPass } from './retention/passes';
import { noteReaped, reaperReports, recordReaping } from './retention/reaper-report';
import { cancelRun } from './runs/cancel';
import { explainRun } from './runs/explain';
import { findRun, listRuns, stepState } from './runs/find';
import { setGrayShare } from './runs/gray';
import { relativesOf } from './runs/kin';
import { lastMove } from './runs/last-move';
import { countOpenRuns } from './runs/open';
import { previewUndo } from './runs/preview-undo';
import { restartRun } from './runs/restart';
import { rollback } from './runs/rollback';
import { demandRoomFor } from './runs/room';
import { showRun } from './runs/show';
import { listRunSummaries } from './runs/summary';
import { toldBefore } from './runs/told-before';
import { undo } from './runs/undo';
import { endSession } from './sessions/end';
import { placedInstances } from './sessions/list';
import { meetInstance } from './sessions/meet';
import { openSession } from './sessions/open';
import { overdueSessions, renewSessions, takeSession } from './sessions/take';
import { knowsHint } from './steps/knows-hint';
import { repairQueue } from './steps/repair-queue';
import { anyStepRuns } from './steps/running';
import { countAll } from './store/counts';
import { proveWritable, schemaVersions } from './store/health';
import { secretOf } from './store/secret';
import { forgetTraffic, newestTraffic, recordTraffic } from './traffic/record';
import { showTraffic } from './traffic/show';
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
      relatives: to(relativesOf),
      toldBefore: to(toldBefore),
      countOpen: to(countOpenRuns),
      demandRoom: to(demandRoomFor),
      show: to(showRun),
      why: to(explainRun),
      stepState: to(stepState),
      anyStepRuns: to(anyStepRuns),
      lastMove: to(lastMove),
      cancel: to(cancelRun),
      restart: to(restartRun),
      rollback: to(rollback),
      previewUndo: to(previewUndo),
      undo: to(undo),
      setGrayShare: to(setGrayShare),
    },
    approvals: { decide: to(decideApproval) },
    releases: {
      create: to(createRelease),
      credentialsOf: to(credentialsOf),
      forgetCredentials: to(forgetCredentials),
      forgetOldCredentials: to(forgetOldCredentials),
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
      vacate: to(vacateLane),
      find: to(findEnvironment),
      production: to(findProduction),
      list: to(listEnvironments),
      show: to(showEnvironments),
      desiredSlots: to(desiredSlots),
      insideNames: to(insideNames),
      endSessions: to(endSessionsDue),
      endLeaving: to(endLeavingDue),
    },
    gray: { keepUsers: to(keepUsers), usersIn: to(usersIn), show: to(showGray), explain: to(explainGray) },
    instances: {
      record: to(recordInstance),
      move: to(moveInstance),
      list: to(listInstances),
      abandoned: to(abandonedInstances),
      laneless: to(lanelessInstances),
      keep: to(keepInstance),
      drop: to(dropInstance),
      overdue: to(overdueInstances),
    },
    sessions: {
      open: to(openSession),
      take: to(takeSession),
      renew: to(renewSessions),
      overdue: to(overdueSessions),
      meet: to(meetInstance),
      end: to(endSession),
      instances: to(placedInstances),
    },
    events: { since: to(eventsSince), newest: to(newestEvent) },
    users: {
      first: to(firstUser),
      ofToken: to(userOfToken),
      ofTokenHash: to(userOfTokenHash),
      isSolo: to(isSolo),
    },
    traffic: {
      record: to(recordTraffic),
      show: to(showTraffic),
      newest: to(newestTraffic),
      forget: to(forgetTraffic),
    },
    archives: {
      due: to(archivesDue),
      begin: to(beginKeeping),
      end: to(endKeeping),
      drop: to(dropArchives),
      find: to(findArchive),
      blobs: to(keptBlobs),
      soundBlobs: to(soundBlobs),
      noteSound: to(noteSound),
      noteDamage: to(noteDamage),
    },
    audit: {
      list: to(listAudit),
      verify: to(verifyAudit),
      export: to(exportAudit),
      watched: to(watchedAudit),
      anchorRestored: to(anchorRestored),
    },
    runners: { announce: to(announceRunner), dismiss: to(dismissRunner), see: to(seeRunners) },
    retention: {
      ask: to(askForPass),
      next: to(nextPass),
      end: to(endPass),
      show: to(showPass),
      liveRecords: to(liveRecords),
      recordReaping: to(recordReaping),
      noteReaped: to(noteReaped),
      reaper: to(reaperReports),
      measure: to(measureRetention),
    },
    terms: { hold: to(holdTerm) },
    queue: { repair: to(repairQueue), knows: to(knowsHint) },
    holds: { begin: to(hold), lift: to(liftHold), list: to(listHolds), confirmRestore: to(confirmRestore) },
    store: {
      counts: to(countAll),
      proveWritable: to(proveWritable),
      schemaVersions: to(schemaVersions),
      secret: to(secretOf),
    },
  };
}

export type Engine = ReturnType<typeof createEngine>;
