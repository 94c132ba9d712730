import type { Command } from './command';
import { appCreate, appList, appShow } from './commands/app';
import { appConnect } from './commands/app-connect';
import { approve, reject } from './commands/approve';
import { demo } from './commands/demo';
import { doctor } from './commands/doctor';
import { down } from './commands/down';
import { envList } from './commands/env';
import { graySet, grayShow } from './commands/gray';
import { helpCommand } from './commands/help';
import { init } from './commands/init';
import { lint } from './commands/lint';
import { releaseList, releaseShow } from './commands/release';
import { rollback } from './commands/rollback';
import { runCancel, runList, runShow, runWatch } from './commands/run';
import { runLogs } from './commands/run-logs';
import { status } from './commands/status';
import { undo } from './commands/undo';
import { up } from './commands/up';

/** Every command. The parser, the help and the manual are made from this list. */
export function commandTable(version: string): readonly Command[] {
  const table: readonly Command[] = [
    up,
    down,
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
    approve,
    reject,
    releaseList,
    releaseShow,
    graySet,
    grayShow,
    rollback,
    undo,
    envList,
    helpCommand(() => table, version),
  ];
  return table;
}
