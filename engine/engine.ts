import { beyondOf } from './approvals/beyond';
import { decideApproval } from './approvals/decide';
import { endExpired } from './approvals/expire';
import { reviewGlass, showGlass } from './approvals/glass';
import { prepareApprovals } from './approvals/prepare';
import { noteAgain, runsToRead } from './approvals/read-again';
import { recordRefusal } from './approvals/refused';
import { withdrawVote } from './approvals/withdraw';
import { connectApp } from './apps/connect';
import { createApp } from './apps/create';
import { defaultBranch } from './apps/default-branch';
import { renewDeployKey, showDeployKey } from './apps/deploy-keys';
import { appsSharing, findApp, listApps } from './apps/find';
import { pinnedHostKey } from './apps/pinned-key';
import { rotateHookSecret } from './apps/rotate-secret';
import { hookSecretOf, showSource, sourceOf, sourceUrls } from './apps/source';
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
import { compareSource, forgetSourceHead } from './deliveries/compare-source';
import { deliveredHeads, wasHead } from './deliveries/heads';
import { appsWithHooksDue, hooksDue, showHooks } from './deliveries/hooks';
import { receiveHook } from './deliveries/receive-hook';
import { endHooks, postponeHooks, settleHooks } from './deliveries/settle-hooks';
import { failLook, lookAnew, sourcesDue, takeLook } from './deliveries/source-looks';
import { changeTraffic, changeTrafficIn, confirmTraffic } from './environments/change';
import { coolEnvironment } from './environments/cool';
import { ensureEnvironment } from './environments/ensure';
import { findEnvironment, findProduction, listEnvironments } from './environments/find';
import { endLeavingDue, endSessionsDue } from './environments/leave';
import { showEnvironments } from './environments/show';
import { desiredSlots, insideNames } from './environments/slots';
import { vacateLane } from './environments/vacate';
import { eventsSince, newestEvent } from './events/since';
import { appsWithExtrasDue, askExtra, extraEnd, extrasDue, settleExtra } from './extras/asked';
import { changeExtras, extrasOf } from './extras/extras';
import { forgetPosts } from './forges/forget-posts';
import { settlePost } from './forges/settle-post';
import { forgeStanding } from './forges/standing';
import { forgesWaiting, takePost } from './forges/take-post';
import { beginFreeze, endFreeze, listFreezes } from './freezes/freezes';
import { explainGray } from './gray/explain';
import { isBeyondPlan } from './gray/planned-share';
import { showGray } from './gray/show';
import { keepUsers, usersIn } from './gray/users';
import { dropInstance, keepInstance, overdueInstances } from './instances/keep';
import { abandonedInstances, lanelessInstances, listInstances, moveInstance, recordInstance } from './instances/record';
import { serveInstances } from './instances/serve';
import { addChannel } from './outbox/add-channel';
import { listChannels, showChannel } from './outbox/channels';
import { collect } from './outbox/collect';
import { removeChannel } from './outbox/remove-channel';
import { settleMessage } from './outbox/settle-message';
import { channelsWaiting, takeMessage } from './outbox/take-message';
import { tryChannel } from './outbox/try-channel';
import type { EngineParts } from './parts';
import { sealArtifact } from './releases/artifacts';
import { createRelease } from './releases/create';
import { credentialsOf, forgetCredentials, forgetOldCredentials } from './releases/credentials';
import { findRelease, findReleaseNumber, listReleases } from './releases/find';
import { sealRelease, withdrawRelease } from './releases/seal';
import { showRelease, showReleases } from './releases/show';
import { allowRequest } from './requests/allow-request';
import { closeRequest } from './requests/close-request';
import { settleRequest } from './requests/settle-request';
import { showRequests } from './requests/show';
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
import { startRun } from './runs/start';
import { listRunSummaries } from './runs/summary';
import { toldBefore } from './runs/told-before';
import { undo } from './runs/undo';
import { checkPlanSecrets } from './secrets/check-plan';
import { forgetOldKeys } from './secrets/forget-key';
import { listSecrets } from './secrets/list';
import { secretsOfInstance } from './secrets/of-instance';
import { openSecrets } from './secrets/open';
import { isProtectedHere, listProtected, protectRef, unprotectRef } from './secrets/protect';
import { removeSecret } from './secrets/remove';
import { resumeRotation, rotateKey } from './secrets/rotate';
import { setSecret } from './secrets/set';
import { endSession } from './sessions/end';
import { placedInstances } from './sessions/list';
import { meetInstance } from './sessions/meet';
import { openSession } from './sessions/open';
import { overdueSessions, renewSessions, takeSession } from './sessions/take';
import { anyPassword, showAccount } from './signin/account';
import { noteWrongToken } from './signin/attempts';
import { signInByPassword } from './signin/by-password';
import { signInByProvider } from './signin/by-provider';
import { signInByToken } from './signin/by-token';
import { completeByCode, completeByEnrolling, confirmSession } from './signin/complete';
import type { Client } from './signin/enter';
import { findSession, findToken } from './signin/find';
import { invite, openInvitation } from './signin/invite';
import { askForLogin, decideLogin, findLogin, takeLogin } from './signin/login-request';
import { noteUse, wantsNote } from './signin/note-use';
import { attemptByProvider } from './signin/provider-attempt';
import { offerSecondFactor, proveSecondFactor } from './signin/second-factor';
import { endOwnSession, listSessions } from './signin/sessions';
import { acceptInvitation, changePassword } from './signin/set-password';
import { createToken, listTokens, revokeToken } from './signin/tokens';
import { knowsHint } from './steps/knows-hint';
import { repairQueue } from './steps/repair-queue';
import { anyStepRuns } from './steps/running';
import { countAll } from './store/counts';
import { proveWritable, schemaVersions } from './store/health';
import { secretOf } from './store/secret';
import { forgetTraffic, newestTraffic, recordTraffic } from './traffic/record';
import { showTraffic } from './traffic/show';
import { appsToLook, noteTriggers } from './triggers/look';
import { showTriggers } from './triggers/show';
import { startFollowers } from './triggers/start-followers';
import { startScheduled } from './triggers/start-scheduled';
import { addUser } from './users/add';
import { disableUser, enableUser } from './users/enable';
import { grantRole, revokeRole } from './users/grant';
import { linkIdentity, unlinkIdentity } from './users/link';
import { listTeams, listUsers } from './users/list';
import { noteRefused } from './users/refused';
import { rightsOf } from './users/rights';
import { rolesAt } from './users/roles-at';
import { addTeam, joinTeam, leaveTeam } from './users/teams';
import { firstUser, isSolo } from './users/token';

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
      defaultBranch: to(defaultBranch),
      sharing: to(appsSharing),
      connect: to(connectApp),
      source: to(showSource),
      rotateSecret: to(rotateHookSecret),
      pinnedHostKey: to(pinnedHostKey),
      deployKey: to(showDeployKey),
      newDeployKey: to(renewDeployKey),
    },
    extras: {
      of: to(extrasOf),
      change: to(changeExtras),
      ask: to(askExtra),
      end: to(extraEnd),
      appsDue: to(appsWithExtrasDue),
      due: to(extrasDue),
      settle: to(settleExtra),
    },
    deliveries: { accept: to(acceptPush), heads: to(deliveredHeads), wasHead: to(wasHead) },
    hooks: {
      secretOf: to(hookSecretOf),
      sourceOf: to(sourceOf),
      sourceUrls: to(sourceUrls),
      receive: to(receiveHook),
      appsDue: to(appsWithHooksDue),
      due: to(hooksDue),
      settle: to(settleHooks),
      end: to(endHooks),
      postpone: to(postponeHooks),
      show: to(showHooks),
    },
    requests: { settle: to(settleRequest), close: to(closeRequest), allow: to(allowRequest), show: to(showRequests) },
    looks: {
      due: to(sourcesDue),
      take: to(takeLook),
      fail: to(failLook),
      compare: to(compareSource),
      forget: to(forgetSourceHead),
      anew: to(lookAnew),
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
      start: to(startRun),
      cancel: to(cancelRun),
      restart: to(restartRun),
      rollback: to(rollback),
      previewUndo: to(previewUndo),
      undo: to(undo),
      setGrayShare: to(setGrayShare),
    },
    triggers: {
      toLook: to(appsToLook),
      note: to(noteTriggers),
      startScheduled: to(startScheduled),
      startFollowers: to(startFollowers),
      show: to(showTriggers),
    },
    approvals: {
      decide: to(decideApproval),
      endExpired: to(endExpired),
      refuse: to(recordRefusal),
      withdraw: to(withdrawVote),
      beyond: to(beyondOf),
      prepare: to(prepareApprovals),
      toRead: to(runsToRead),
      noteAgain: to(noteAgain),
      review: to(reviewGlass),
      glass: to(showGlass),
    },
    freezes: { begin: to(beginFreeze), end: to(endFreeze), list: to(listFreezes) },
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
    gray: {
      keepUsers: to(keepUsers),
      usersIn: to(usersIn),
      show: to(showGray),
      explain: to(explainGray),
      isBeyondPlan: to(isBeyondPlan),
    },
    instances: {
      record: to(recordInstance),
      move: to(moveInstance),
      serve: to(serveInstances),
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
    secrets: {
      set: to(setSecret),
      list: to(listSecrets),
      remove: to(removeSecret),
      open: to(openSecrets),
      ofInstance: to(secretsOfInstance),
      checkPlan: to(checkPlanSecrets),
      rotateKey: to(rotateKey),
      resumeRotation: to(resumeRotation),
      forgetOldKeys: to(forgetOldKeys),
      protect: to(protectRef),
      unprotect: to(unprotectRef),
      protected: to(listProtected),
      isProtected: to(isProtectedHere),
    },
    events: { since: to(eventsSince), newest: to(newestEvent) },
    users: {
      first: to(firstUser),
      isSolo: to(isSolo),
      roles: to(rolesAt),
      rights: to(rightsOf),
      noteRefused: to(noteRefused),
      add: to(addUser),
      list: to(listUsers),
      enable: to(enableUser),
      disable: to(disableUser),
      link: to(linkIdentity),
      unlink: to(unlinkIdentity),
      grant: to(grantRole),
      revoke: to(revokeRole),
    },
    teams: { add: to(addTeam), list: to(listTeams), join: to(joinTeam), leave: to(leaveTeam) },
    signin: {
      ofToken: to(findToken),
      ofSession: to(findSession),
      byToken: to(signInByToken),
      byPassword: to(signInByPassword),
      completeByCode: to(completeByCode),
      completeByEnrolling: to(completeByEnrolling),
      confirm: to(confirmSession),
      askForLogin: to(askForLogin),
      findLogin: to(findLogin),
      decideLogin: to(decideLogin),
      takeLogin: to(takeLogin),
      byProvider: to(signInByProvider),
      attemptByProvider: <T>(client: Client, work: () => Promise<T>) => attemptByProvider(parts, client, work),
      account: to(showAccount),
      anyPassword: to(anyPassword),
      noteWrongToken: to(noteWrongToken),
      invite: to(invite),
      invitation: to(openInvitation),
      acceptInvitation: to(acceptInvitation),
      changePassword: to(changePassword),
      offerSecondFactor: to(offerSecondFactor),
      proveSecondFactor: to(proveSecondFactor),
      wantsNote: to(wantsNote),
      noteUse: to(noteUse),
      sessions: to(listSessions),
      endSession: to(endOwnSession),
      createToken: to(createToken),
      tokens: to(listTokens),
      revokeToken: to(revokeToken),
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
    channels: {
      add: to(addChannel),
      list: to(listChannels),
      show: to(showChannel),
      try: to(tryChannel),
      remove: to(removeChannel),
    },
    outbox: { collect: to(collect), waiting: to(channelsWaiting), take: to(takeMessage), settle: to(settleMessage) },
    forges: {
      waiting: to(forgesWaiting),
      take: to(takePost),
      settle: to(settlePost),
      standing: to(forgeStanding),
      forget: to(forgetPosts),
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
