import { expect } from 'chai';
import { moduleUrl } from '../../../engine/extras/module-url';
import type { GantryError } from '../../../engine/model/errors';

const HTTPS = 'https://forge.example.org/team/app.git';
const SSH = 'ssh://git@forge.example.org:2222/team/app.git';
const SHORT = 'git@forge.example.org:team/app.git';
const LOCAL = '/srv/git/app.git';

describe('the address of a submodule', () => {
  const taken: [string, string, string][] = [
    [HTTPS, '../lib.git', 'https://forge.example.org/team/lib.git'],
    [HTTPS, '../../other/lib.git', 'https://forge.example.org/other/lib.git'],
    [HTTPS, './lib.git', 'https://forge.example.org/team/app.git/lib.git'],
    [HTTPS, 'https://forge.example.org/other/lib', 'https://forge.example.org/other/lib'],
    [HTTPS, 'https://FORGE.example.org:443/other/lib', 'https://forge.example.org/other/lib'],
    ['https://deploy@forge.example.org:8443/a/app', '../lib', 'https://deploy@forge.example.org:8443/a/lib'],
    [HTTPS, 'https://somebody@forge.example.org/other/lib', 'https://forge.example.org/other/lib'],
    [SSH, '../lib.git', 'ssh://git@forge.example.org:2222/team/lib.git'],
    [SSH, 'ssh://eve@forge.example.org:2222/other/lib.git', 'ssh://git@forge.example.org:2222/other/lib.git'],
    [SHORT, '../lib.git', 'git@forge.example.org:team/lib.git'],
    [SHORT, 'git@forge.example.org:other/lib.git', 'git@forge.example.org:other/lib.git'],
    ['git@forge.example.org:/srv/app.git', '../lib.git', 'git@forge.example.org:/srv/lib.git'],
    [LOCAL, '../lib.git', '/srv/git/lib.git'],
    [LOCAL, '../deep/er/lib.git', '/srv/git/deep/er/lib.git'],
  ];
  for (const [source, written, url] of taken) {
    it(`${written} beside ${source} is ${url}`, () => {
      expect(moduleUrl(source, written)).to.equal(url);
    });
  }

  it('is reached as the source is, whichever way of the same host is written', () => {
    expect(moduleUrl(HTTPS, 'git@forge.example.org:other/lib.git')).to.equal('https://forge.example.org/other/lib.git');
    expect(moduleUrl(SHORT, 'https://forge.example.org/other/lib.git')).to.equal('git@forge.example.org:other/lib.git');
    expect(moduleUrl(SSH, 'https://forge.example.org/other/lib.git')).to.equal(
      'ssh://git@forge.example.org:2222/other/lib.git',
    );
  });

  const refused: [string, string][] = [
    [HTTPS, 'https://evil.example/lib.git'],
    [HTTPS, 'https://forge.example.org:8443/lib.git'],
    [HTTPS, 'https://forge.example.org.evil.example/lib.git'],
    [HTTPS, 'git@evil.example:team/lib.git'],
    [HTTPS, 'ext::sh -c "touch /tmp/pwned"'],
    [HTTPS, 'ext::sh'],
    [HTTPS, 'http://forge.example.org/lib.git'],
    [HTTPS, 'git://forge.example.org/lib.git'],
    [HTTPS, 'file:///etc'],
    [HTTPS, '/etc'],
    [HTTPS, '--upload-pack=touch'],
    [HTTPS, '-u'],
    [HTTPS, 'lib.git'],
    [HTTPS, '../../../..'],
    [HTTPS, '../..'],
    [HTTPS, ''],
    [SSH, 'ssh://git@forge.example.org:22/lib.git'],
    [SSH, 'ssh://-oProxyCommand=x@forge.example.org:2222/lib.git'],
    [SHORT, '../$(touch pwned).git'],
    [SHORT, '../-x'],
    [SHORT, '../..'],
    [LOCAL, '../../../etc'],
    [LOCAL, '/etc'],
    [LOCAL, '../../gitlib.git'],
    [LOCAL, 'https://forge.example.org/lib.git'],
    [LOCAL, '..'],
  ];
  for (const [source, written] of refused) {
    it(`${JSON.stringify(written)} beside ${source} is refused [S5]`, () => {
      let error: GantryError | undefined;
      try {
        moduleUrl(source, written);
      } catch (thrown) {
        error = thrown as GantryError;
      }
      expect(error?.code).to.equal('submodule-url');
      expect(error?.kind).to.equal('invalid');
    });
  }
});
