import { path } from '../api/client';
import type { List, Release } from '../api/types';
import type { Command } from '../command';
import { shortHash } from '../format/house';
import { facts, table } from '../format/table';
import { moment } from '../format/time';
import { APP } from './run';

export const releaseList: Command = {
  name: 'release list',
  summary: 'lists the releases of an app, and where each serves',
  arguments: [APP],
  options: {},
  async run(input, { api, out, now }) {
    const list = await api.get<List<Release>>(path`/apps/${input.argument('APP')}/releases`);
    const rows = list.items.map((release) => [
      String(release.number),
      shortHash(release.hash),
      release.state,
      rolesOf(release),
      imageOf(release),
      `#${release.run}`,
      shortHash(release.commit),
      moment(release.createdAt, now(), out.terminal),
    ]);
    const text = table(['RELEASE', 'HASH', 'STATE', 'SERVES', 'IMAGE', 'RUN', 'COMMIT', 'SEALED'], rows);
    return { json: list, text: text || `${input.argument('APP')} has no releases yet.` };
  },
};

export const releaseShow: Command = {
  name: 'release show',
  summary: 'shows the sealed record of a release',
  arguments: [APP, { name: 'RELEASE', help: 'number of the release' }],
  options: {},
  async run(input, { api, out, now }) {
    const release = await api.get<Release>(path`/apps/${input.argument('APP')}/releases/${input.number('RELEASE')}`);
    const head = facts([
      ['release', out.paint('bold', `${input.argument('APP')} ${release.number}`)],
      ['hash', release.hash],
      ['state', release.state],
      ['serves', rolesOf(release)],
      ['image', imageOf(release)],
      ['run', `#${release.run}`],
      ['commit', release.commit],
      ['sealed', moment(release.createdAt, now(), out.terminal)],
    ]);
    return { json: release, text: `${head}\n\n${JSON.stringify(release.record, null, 2)}` };
  },
};

/** `kept`, or why it is not. */
const imageOf = ({ image }: Release): string =>
  image.state === 'not kept' ? '-' : `${image.state}${image.reason === '' ? '' : `: ${image.reason}`}`;

const rolesOf = (release: Release): string =>
  release.roles.map(({ environment, role }) => `${environment}: ${role}`).join(', ') || '-';
