import type { Rule } from './lint-rule';
import { nearest } from './nearest';
import { wantsRef } from './refs';

/** What cannot work in `on`, beside pushes. */

/** A schedule runs as a push of its branch would: a branch that is not wanted would end as "ignored" each time. */
export const scheduledBranches: Rule = (spec, report) => {
  for (const [index, { ref, cron, zone }] of spec.on.schedule.entries()) {
    const path = ['on', 'schedule', index];
    const same = spec.on.schedule.findIndex((one) => one.cron === cron && one.zone === zone && one.ref === ref);
    if (same !== index) {
      report(path, 'schedule-twice', 'This schedule stands here twice, and a run would be started once. Remove one.');
    }
    if (ref === null) continue;
    if (wantsRef(spec, `refs/heads/${ref}`).wanted) continue;
    const near = nearest(ref, spec.on.branches);
    const message = `on.branches does not want the branch "${ref}", so its runs would be ignored. Name it there.`;
    report([...path, 'ref'], 'schedule-ref', message, { nearest: near });
  }
};

export const releasedApps: Rule = ({ app, on }, report) => {
  for (const [index, released] of on.released.entries()) {
    if (released.app !== app) continue;
    const message = `Each release of ${app} would start a run of ${app}, without end. Name another app.`;
    report(['on', 'released', index, 'app'], 'released-itself', message);
  }
};
