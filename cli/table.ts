import type { Command } from './command';
import { api } from './commands/api';
import { appCreate, appList, appShow } from './commands/app';
import { appConnect } from './commands/app-connect';
import { appKey } from './commands/app-key';
import { appProtect, appUnprotect } from './commands/app-protect';
import { appRotateSecret } from './commands/app-rotate-secret';
import { appSource } from './commands/app-source';
import { approve, reject } from './commands/approve';
import { auditExport, auditShow, auditVerify } from './commands/audit';
import { backup } from './commands/backup';
import { channelAdd, channelList, channelRemove, channelShow, channelTest } from './commands/channel';
import { completion } from './commands/completion';
import { demo } from './commands/demo';
import { doctor } from './commands/doctor';
import { down } from './commands/down';
import { envList } from './commands/env';
import { freezeBegin, freezeEnd, freezeList } from './commands/freeze';
import { grayExplain, graySet, grayShow } from './commands/gray';
import { helpCommand } from './commands/help';
import { init } from './commands/init';
import { instanceList, instanceRemove } from './commands/instance';
import { lint } from './commands/lint';
import { login, logout } from './commands/login';
import { logs } from './commands/logs';
import { prune } from './commands/prune';
import { releaseList, releaseShow } from './commands/release';
import { releaseCreate } from './commands/release-create';
import { requestAllow, requestList } from './commands/request';
import { restart } from './commands/restart';
import { restore } from './commands/restore';
import { review } from './commands/review';
import { roleGrant, roleRevoke } from './commands/role';
import { rollback } from './commands/rollback';
import { runCancel, runShow, runWatch } from './commands/run';
import { runList } from './commands/run-list';
import { runLogs } from './commands/run-logs';
import { runStart } from './commands/run-start';
import { runner } from './commands/runner';
import { scheduleList } from './commands/schedule';
import { secretList, secretRemove, secretSet } from './commands/secret';
import { secretForgetKey, secretRotateKey } from './commands/secret-key';
import { sessionEnd, sessionList } from './commands/session';
import { shell } from './commands/shell';
import { status } from './commands/status';
import { teamAdd, teamGrant, teamJoin, teamLeave, teamList, teamRevoke } from './commands/team';
import { tlsRenew, tlsShow, tlsTrust } from './commands/tls';
import { tokenCreate, tokenList, tokenRevoke } from './commands/token';
import { undo } from './commands/undo';
import { up } from './commands/up';
import { upgrade } from './commands/upgrade';
import { userAdd, userDisable, userEnable, userLink, userList, userUnlink } from './commands/user';
import { userInvite } from './commands/user-invite';
import { why } from './commands/why';

/** In the order in which the manual tells them; the help stands behind them. */
const COMMANDS: readonly Command[] = [
  up,
  down,
  runner,
  backup,
  restore,
  upgrade,
  prune,
  status,
  demo,
  doctor,
  init,
  lint,
  appCreate,
  appConnect,
  appSource,
  appRotateSecret,
  appKey,
  requestList,
  requestAllow,
  appProtect,
  appUnprotect,
  appList,
  appShow,
  runList,
  runShow,
  runLogs,
  runWatch,
  runStart,
  runCancel,
  restart,
  scheduleList,
  why,
  approve,
  reject,
  review,
  freezeBegin,
  freezeEnd,
  freezeList,
  releaseList,
  releaseShow,
  releaseCreate,
  graySet,
  grayShow,
  grayExplain,
  rollback,
  undo,
  secretSet,
  secretList,
  secretRemove,
  secretRotateKey,
  secretForgetKey,
  envList,
  instanceList,
  instanceRemove,
  logs,
  shell,
  auditShow,
  auditVerify,
  auditExport,
  login,
  logout,
  userAdd,
  userInvite,
  userList,
  userDisable,
  userEnable,
  userLink,
  userUnlink,
  roleGrant,
  roleRevoke,
  teamAdd,
  teamList,
  teamJoin,
  teamLeave,
  teamGrant,
  teamRevoke,
  channelAdd,
  channelList,
  channelShow,
  channelTest,
  channelRemove,
  tokenCreate,
  tokenList,
  tokenRevoke,
  sessionList,
  sessionEnd,
  tlsShow,
  tlsRenew,
  tlsTrust,
  api,
  completion,
];

/** Every command. The parser, the help and the manual are made from this list. */
export function commandTable(version: string): readonly Command[] {
  const table: readonly Command[] = [...COMMANDS, helpCommand(() => table, version)];
  return table;
}
