import type { Program } from '../../../cli/processes/child';

/** A small program in place of one of Gantry's mains. */
export function script(code: string, environment: NodeJS.ProcessEnv = {}): Program {
  return {
    command: process.execPath,
    args: ['-e', code],
    environment: { ...process.env, ...environment },
    folder: process.cwd(),
  };
}

/** Answers `/health/ready`, shows a first token, and ends when asked. */
export const WEB = `
console.log('first token: gantry_first');
const server = require('node:http').createServer((_, response) => response.end('{}'));
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
`;

/** The same over HTTPS. */
export const SECURE_WEB = WEB.replace(
  "require('node:http').createServer(",
  "require('node:https').createServer({ cert: fs.readFileSync(process.env.CERT), key: fs.readFileSync(process.env.KEY) }, ",
);

/** Says that it is there, and ends when asked. */
export const RUNNER = `
require('node:fs').writeFileSync(process.env.HOME_FOLDER + '/run/runner-' + process.pid + '.json', JSON.stringify({ pid: process.pid }));
console.error(JSON.stringify({ level: 40, msg: 'a warning' }));
process.on('SIGTERM', () => process.exit(0));
setInterval(() => {}, 1000);
`;

/** Never ends by itself, whatever it is asked. */
export const STUBBORN = `${RUNNER.replace('process.exit(0)', '{}')}`;
