import type { Command } from './command';
import { api } from './commands/api';
import { appCreate, appList, appShow } from './commands/app';
import { appConnect } from './commands/app-connect';
import { approve, reject } from './commands/approve';
import { auditExport, auditShow, auditVerify } from './commands/audit';
import { backup } from './commands/backup';
import { completion } from './commands/completion';
import { demo } from './commands/demo';
import { doctor } from './commands/doctor';
import { down } from './commands/down';
import { envList } from './commands/env';
import { grayExplain, graySet, grayShow } from './commands/gray';
import { helpCommand } from './commands/help';
import { init } from './commands/init';
import { instanceList, instanceRemove } from './commands/instance';
import { lint } from './commands/lint';
import { logs } from './commands/logs';
import { prune } from './commands/prune';
import { releaseList, releaseShow } from './commands/release';
import { releaseCreate } from './commands/release-create';
import { restart } from './commands/restart';
import { restore } from './commands/restore';
import { rollback } from './commands/rollback';
import { runCancel, runShow, runWatch } from './commands/run';
import { runList } from './commands/run-list';
import { runLogs } from './commands/run-logs';
import { runner } from './commands/runner';
import { shell } from './commands/shell';
import { status } from './commands/status';
import { tlsRenew, tlsShow, tlsTrust } from './commands/tls';
import { undo } from './commands/undo';
import { up } from './commands/up';
import { upgrade } from './commands/upgrade';
import { why } from './commands/why';

/** Every command. The parser, the help and the manual are made from this list. */
export function commandTable(version: string): readonly Command[] {
  const table: readonly Command[] = [
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
    appList,
    appShow,
    runList,
    runShow,
    runLogs,
    runWatch,
    runCancel,
    restart,
    why,
    approve,
    reject,
    releaseList,
    releaseShow,
    releaseCreate,
    graySet,
    grayShow,
    grayExplain,
    rollback,
    undo,
    envList,
    instanceList,
    instanceRemove,
    logs,
    shell,
    auditShow,
    auditVerify,
    auditExport,
    tlsShow,
    tlsRenew,
    tlsTrust,
    api,
    completion,
    helpCommand(() => table, version),
  ];
  return table;
}
