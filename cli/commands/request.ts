import { path } from '../api/client';
import type { List, Request, RequestAllowed } from '../api/types';
import type { Command } from '../command';
import { failure } from '../errors';
import { table } from '../format/table';
import { moment } from '../format/time';
import { wholeNumber } from '../input';

const APP = { name: 'APP', help: 'name of the app' };
/** As many as one answer holds. */
const LIST_MAX = 200;

const requestsOf = (app: string): string => path`/apps/${app}/requests?limit=${LIST_MAX}`;

export const requestList: Command = {
  name: 'request list',
  summary: 'lists the pull and merge requests of an app that its forge has told',
  arguments: [APP],
  options: {},
  async run(input, { api, out, now }) {
    const app = input.argument('APP');
    const list = await api.get<List<Request>>(requestsOf(app));
    const rows = list.items.map((one) => [
      String(one.number),
      one.state,
      one.head.slice(0, 12),
      one.origin,
      one.run === null ? (one.waits ? 'waits to be allowed' : '') : `run ${one.run}`,
      one.allowedBy?.replace(/^user:/, '') ?? '',
      moment(one.updatedAt, now(), out.terminal),
    ]);
    const text = table(['REQUEST', 'STATE', 'HEAD', 'FROM', 'RUN', 'ALLOWED BY', 'MOVED'], rows);
    return { json: list, text: text || `${app} has no requests. Its forge tells them: docs/hooks.md` };
  },
};

export const requestAllow: Command = {
  name: 'request allow',
  summary: 'lets the head of a fork run that you have looked at',
  arguments: [APP, { name: 'NUMBER', help: 'of the pull or merge request at its forge' }],
  options: {
    head: { value: 'COMMIT', help: 'the commit that you have looked at (else the one that it stands at now)' },
  },
  details:
    'Commits of a fork are built and tested only when somebody who may start runs has allowed that very commit; the next ' +
    'push of the fork is asked about anew. They never come near production, and get no secrets of it.',
  examples: ['gantry request allow storefront 7', 'gantry request allow storefront 7 --head 4f9c1e…'],
  async run(input, { api }) {
    const app = input.argument('APP');
    const number = wholeNumber('NUMBER', input.argument('NUMBER'));
    const head = headOf(number, input.option('head'), await api.get<List<Request>>(requestsOf(app)), app);
    const allowed = await api.post<RequestAllowed>(path`/apps/${app}/requests/${number}/allow`, { head });
    return { json: allowed, text: `request ${number} of ${app} runs at ${head.slice(0, 12)}: run ${allowed.run}` };
  },
};

/** A commit may be given by its beginning. */
function headOf(number: number, wanted: string | undefined, { items }: List<Request>, app: string): string {
  const request = items.find((one) => one.number === number);
  if (request === undefined) {
    throw failure('request-unknown', `${app} knows no request ${number}`, `see: gantry request list ${app}`);
  }
  if (wanted === undefined || request.head.startsWith(wanted)) return request.head;
  const message = `request ${number} stands at ${request.head.slice(0, 12)} now, and not at ${wanted.slice(0, 12)}`;
  throw failure('request-moved', message, 'look at it again, and allow what you have seen');
}
