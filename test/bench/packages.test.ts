import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { packagesOf } from '../../bench/support/packages';

describe('the packages that a program loads', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-packages-'));
    mkdirSync(join(folder, 'noun'));
    writeFileSync(
      join(folder, 'main.js'),
      'const a = require("./noun");\nconst p = require("node:path");\nrequire("koa");',
    );
    writeFileSync(join(folder, 'noun', 'index.js'), 'require("../other.js"); require("@koa/router");');
    writeFileSync(
      join(folder, 'other.js'),
      'require("./main"); require("koa"); const later = () => import(\'nodegit\');',
    );
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are found by following its files, each once, without what Node brings', () => {
    expect(packagesOf(join(folder, 'main.js'))).to.deep.equal(['@koa/router', 'koa']);
  });

  it('do not count what is only loaded later, unless that is asked for', () => {
    expect(packagesOf(join(folder, 'other.js'), true)).to.include('nodegit');
    expect(packagesOf(join(folder, 'main.js'), true)).to.not.include('nodegit');
  });
});
