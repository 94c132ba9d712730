import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

interface Locked {
  version: string;
  resolved?: string;
  integrity?: string;
}

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  overrides: Record<string, string>;
}

const textOf = (...path: string[]): string => readFileSync(join(__dirname, '..', '..', ...path), 'utf8');

describe('the packages that Gantry is built of', () => {
  const manifest = JSON.parse(textOf('package.json')) as Manifest;
  const lock = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, Locked> };
  const locked = Object.entries(lock.packages).filter(([path]) => path !== '');

  it('come from the registry, each with the hash of its bytes [S46]', () => {
    const strange = locked.filter(
      ([, { version, resolved, integrity }]) =>
        !/^\d+\.\d+\.\d+/.test(version) ||
        !/^sha512-[\w+/]{86}==$/.test(integrity ?? '') ||
        !(resolved ?? 'https://registry.npmjs.org/').startsWith('https://registry.npmjs.org/'),
    );
    expect(locked.length).to.be.above(100);
    expect(strange).to.deep.equal([]);
  });

  it('are named by version, none by an address, a repository or a tag that moves [S46]', () => {
    const ranges = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.overrides });
    expect(ranges.filter(([, range]) => !/^[\^~]?\d+\.\d+\.\d+(-[\w.]+)?$/.test(range))).to.deep.equal([]);
  });

  it('run no script of theirs when they are installed [S46]', () => {
    const script = textOf('cli', 'launch', 'modules.sh');
    const installs = script.split('\n').filter((line) => /"\$NPM" (install|ci)\b/.test(line));
    expect(installs).to.not.deep.equal([]);
    for (const line of installs) expect(line).to.include('--ignore-scripts');
  });

  it('are told one by one where they run in production, with the reason [S46]', () => {
    const told = textOf('docs', 'dependencies.md');
    expect(Object.keys(manifest.dependencies).filter((name) => !told.includes(`\`${name}\``))).to.deep.equal([]);
  });
});
