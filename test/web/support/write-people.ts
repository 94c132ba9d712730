/** Writes the tables of docs/people.md anew: `node -r ts-node/register test/web/support/write-people.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACTIONS, type Action, MAY, ROLES } from '../../../engine/users/actions';
import { routes } from '../../../web/server';

export const PEOPLE_FILE = join(__dirname, '../../../docs/people.md');

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

function rolesTable(): string {
  const actions = Object.entries(ACTIONS) as [Action, string][];
  const rows = actions.map(([action, words]) => [
    `\`${action}\``,
    words,
    ...ROLES.map((role) => (MAY[role].includes(action) ? 'yes' : '')),
  ]);
  return table(['right', '', ...ROLES], rows);
}

function routesTable(): string {
  const shell = ['GET', '/api/v1/apps/:app/shell', 'shell'];
  const rows = routes.flatMap(({ method, path, may }) => (may === undefined ? [] : [[method, path, may]]));
  const order = ([method, path]: readonly string[]) => `${path} ${method}`;
  const sorted = [...rows, shell].sort((a, b) => (order(a) < order(b) ? -1 : 1));
  return table(
    ['', 'address', 'right'],
    sorted.map(([method = '', path = '', may = '']) => [method, `\`${path}\``, `\`${may}\``]),
  );
}

/** The page, with its tables as the code has them. */
export function peopleText(): string {
  const between = (text: string, name: string, made: string) =>
    text.replace(
      new RegExp(`<!-- ${name} -->[^]*<!-- /${name} -->`),
      () => `<!-- ${name} -->\n${made}\n<!-- /${name} -->`,
    );
  return between(between(readFileSync(PEOPLE_FILE, 'utf8'), 'roles', rolesTable()), 'routes', routesTable());
}

if (require.main === module) writeFileSync(PEOPLE_FILE, peopleText());
