import { type Rule, WARNING } from './lint-rule';

/** What cannot work, or is doubtful, in gray. */
export const grayShare: Rule = ({ stages }, report) => {
  for (const { name, gray: slot } of stages) {
    if (slot === null || slot.observe === null) continue;
    const path = ['stages', name, 'observe'];
    if (slot.share === 0) {
      const message = 'With "share: 0%" there is no traffic to observe. Raise the share, or remove "observe".';
      report(path, 'observe-without-share', message);
    }
    if (slot.observe.errors === null && slot.observe.p95 === null) {
      const message = '"observe" waits and judges nothing. Add a threshold, for example errors: "< 1%".';
      report(path, 'observe-judges-nothing', message, WARNING);
    }
  }
};

/** Headers that carry the request itself: a gateway that took one away would break it. */
const OWN_HEADERS = ['connection', 'content-length', 'cookie', 'host', 'te', 'transfer-encoding', 'upgrade'];

/** How visitors are known, and the rules that need to know them. */
export const grayVisitors: Rule = ({ stages }, report, { files }) => {
  for (const { name, gray } of stages) {
    if (gray === null) continue;
    const { identity, rules } = gray;
    for (const [index, rule] of rules.entries()) {
      const path = ['stages', name, 'rules', index];
      if (rule.kind === 'users-file' && files?.(rule.file) === false) {
        const message = `There is no file ${rule.file} in the repository. Add it, or remove the rule.`;
        report([...path, 'usersFile'], 'no-file', message);
      }
      if ((rule.kind === 'users' || rule.kind === 'users-file') && identity === null) {
        const message = 'Nobody says who a visitor is, so no user is ever met. Add "identity" to the stage.';
        report(path, 'users-without-identity', message);
      }
    }
    for (const header of [identity?.header, identity?.proof?.header]) {
      if (header === undefined || !OWN_HEADERS.includes(header.toLowerCase())) continue;
      const message = `${header} cannot say who a visitor is: each request has it for itself. Use one such as X-User.`;
      report(['stages', name, 'identity'], 'identity-header', message, { nearest: 'X-User' });
    }
  }
};
