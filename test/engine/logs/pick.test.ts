import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { adviceFor, KNOWN_FAILURES } from '../../../engine/logs/advice';
import { logLines } from '../../../engine/logs/lines';
import { LINES_SHOWN, pickLines } from '../../../engine/logs/pick';

const FOLDER = join(__dirname, '..', '..', '..', 'fixtures', 'logs');
const MIB = 1_048_576;
const LIMITS = { memory: 256 * MIB, memoryKey: 'serve.resources.memory', healthWithin: 60_000, port: 8080 };

/** What a tool really wrote, as it stands in the log of a step: behind the time. */
const recorded = (name: string): string =>
  readFileSync(join(FOLDER, `${name}.log`), 'utf8').replace(/^/gm, '09:41:02.317 ');

const picked = (text: string) => pickLines(logLines(text));
const tried = (text: string): string[] =>
  adviceFor(
    picked(text)
      .map((line) => line.text)
      .join('\n'),
    LIMITS,
  ).map(({ name }) => name);

/** Log that was recorded → a line that must be shown, and what is to be tried. */
const STORIES: readonly (readonly [log: string, shown: string, tries: string])[] = [
  ['bash-not-found', 'gradle: command not found', 'command'],
  ['sh-not-found', 'sh: 1: mvnw: not found', 'command'],
  ['disk-full', "error writing '/small/big': No space left on device", 'disk-full'],
  ['gcc', 'main.c:5:16: error:', 'compiler'],
  ['gcc-header', 'libpq-fe.h: No such file or directory', 'header-c'],
  ['gcc-link', 'undefined reference to `pay', 'compiler'],
  ['go', './main.go:10:14: undefined: m', 'compiler'],
  ['go-missing', 'no required module provides package github.com/gorilla/mux', 'module-go'],
  ['go-test', 'total is 3, want 4', 'tests'],
  ['java-class-version', 'class file version 65.0', 'class-version'],
  ['java-heap', 'java.lang.OutOfMemoryError: Java heap space', 'java-heap'],
  ['maven-compile', 'Pay.java:[4,42] cannot find symbol', 'compiler'],
  ['maven-dependency', 'Could not find artifact org.bank:ledger-api:jar:7.1', 'dependency-maven'],
  ['maven-java-release', 'Source option 5 is no longer supported', 'java-release'],
  ['maven-test', 'java.lang.AssertionError: expected:<4> but was:<3>', 'tests'],
  ['maven-tls', 'PKIX path building failed', 'certificate'],
  ['maven-unknown-host', 'nexus.bank.invalid', 'unknown-host'],
  ['mocha', '1 !== 1.01', 'tests'],
  ['node-heap', 'JavaScript heap out of memory', 'node-heap'],
  ['node-missing-module', "Cannot find module 'express'", 'module-node'],
  ['node-port-used', 'address already in use :::18999', 'port-taken'],
  ['npm-404', "'no-such-package-gantry-shop@*' could not be found", 'dependency-npm'],
  ['npm-missing-script', 'Missing script: "build"', 'script-npm'],
  ['npm-unknown-host', 'getaddrinfo ENOTFOUND registry.bank.invalid', 'unknown-host'],
  ['permission', '/tmp/s.sh: Permission denied', 'permission'],
  ['pip-none', 'No matching distribution found', 'module-python'],
  ['python-missing-module', "No module named 'flask_that_is_not_here'", 'module-python'],
  ['tsc', 'pay.ts(3,46): error TS2551', 'compiler'],
];

describe('the lines of a log that matter', () => {
  for (const [log, shown, tries] of STORIES) {
    it(`shows why in the recorded log ${log}, and what to try`, () => {
      const lines = picked(recorded(log));
      expect(lines.map((line) => line.text).join('\n')).to.contain(shown);
      expect(lines.length).to.be.within(1, LINES_SHOWN);
      expect(tried(recorded(log))).to.deep.equal([tries]);
    });
  }

  it('numbers the lines as the whole log does', () => {
    const all = recorded('maven-test').split('\n');
    for (const { number, text } of picked(recorded('maven-test'))) expect(all[number - 1]).to.contain(text);
  });

  it('shows an error once that Maven says twice, and nothing of its advice on Maven', () => {
    const text = picked(recorded('maven-compile')).map((line) => line.text);
    expect(text.filter((line) => line.includes('Pay.java:[4,42]'))).to.have.length(1);
    expect(text.join('\n')).to.not.match(/Help 1|re-run Maven|Downloading/);
  });

  it('shows what caused an exception, and of the way there only the first steps', () => {
    const text = picked(recorded('java-caused-by')).map((line) => line.text);
    expect(text).to.include('Caused by: java.lang.NumberFormatException: For input string: "ten"');
    expect(text).to.include('\tat Main.run(Main.java:3)');
    expect(text.filter((line) => line.includes('java.base/'))).to.have.length.at.most(3);
  });

  it('shows a traceback to its end, where it says what was wrong', () => {
    const text = picked(recorded('python-traceback')).map((line) => line.text);
    expect(text).to.include('Traceback (most recent call last):');
    expect(text.at(-1)).to.equal("KeyError: 'accounts'");
  });

  it('finds one error among ten thousand lines, and still shows the end', () => {
    const lines = Array.from({ length: 10_000 }, (_, i) => `step ${i} of the load`);
    lines[4_321] = 'src/pay.ts(3,46): error TS2551: wrong';
    const shown = picked(lines.join('\n')).map((line) => line.number);
    expect(shown).to.include(4_322);
    expect(shown.at(-1)).to.equal(10_000);
    expect(shown).to.have.length(LINES_SHOWN);
  });

  it('shows the end of a log in which nothing looks like an error', () => {
    const lines = Array.from({ length: 50 }, (_, i) => `line ${String.fromCharCode(97 + (i % 26))}${i}`);
    expect(picked(lines.join('\n')).map((line) => line.number)).to.deep.equal(
      Array.from({ length: LINES_SHOWN }, (_, i) => 31 + i),
    );
  });

  it('sees what a container wrote behind its bar, and takes colours away', () => {
    const log =
      '10:00:00.000   | \u001b[31mError: no database at db:5432\u001b[0m\n10:00:00.000   |     at connect (/app/db.js:3:9)\n';
    expect(picked(log).map((line) => line.text)).to.deep.equal([
      '  | Error: no database at db:5432',
      '  |     at connect (/app/db.js:3:9)',
    ]);
  });

  it('is not kept busy by whoever writes the log', () => {
    const began = performance.now();
    const pieces = ['\r', '\u001b]', '\u009d', '\u001b]8;;', '\u001b[0;', ' '];
    for (const piece of pieces) logLines(`${piece.repeat(200_000)}x`);
    expect(performance.now() - began).to.be.below(5_000);
  });

  it('has nothing to show of an empty log', () => {
    expect(picked('')).to.deep.equal([]);
  });
});

describe('what to try', () => {
  const sentence = (text: string): string => adviceFor(text, LIMITS)[0]?.sentence ?? '';

  /** What Gantry itself says as the reason, word for word → what to try. */
  const REASONS: readonly (readonly [reason: string, tries: RegExp])[] = [
    [
      'gantry-shop-1 ran out of memory before it was healthy (exit code 137)',
      /limit of 256 MiB: raise serve.resources.memory/,
    ],
    ['"npm ci" ended with exit code 137', /limit of 256 MiB/],
    [
      'gantry-shop-1 was not healthy within 60 s: GET /health on port 8080: connection refused',
      /port 8080 within 60 s.*0\.0\.0\.0/,
    ],
    [
      'gantry-shop-1 was not healthy within 60 s: GET /health on port 8080: 503 Service Unavailable',
      /answered 503 Service Unavailable for 60 s/,
    ],
    [
      'the build left nothing that matches take: target/*.war; it left: target/shop.jar',
      /nothing matches target\/\*\.war/,
    ],
    ['2 files match take: target/*.war (a.war, b.war), and Gantry does not guess', /exactly one file/],
    ['the WAR "shop.war" has no WEB-INF/ folder, so it is no web application', /<packaging>war<\/packaging>/],
  ];
  for (const [reason, tries] of REASONS) {
    it(`knows "${reason}"`, () => expect(sentence(reason)).to.match(tries));
  }

  it('has a story of each failure that is known', () => {
    const told = REASONS.flatMap(([reason]) => adviceFor(reason, LIMITS).map(({ name }) => name));
    const recordedOnes = STORIES.map(([, , name]) => name);
    expect(new Set([...told, ...recordedOnes])).to.deep.equal(new Set(KNOWN_FAILURES));
  });

  it('names the Java that is wanted and the one that is there', () => {
    expect(sentence(recorded('java-class-version'))).to.contain('of Java 21 and the server runs Java 17');
  });

  it('says nothing where nothing is known', () => {
    expect(adviceFor('it is Tuesday', LIMITS)).to.deep.equal([]);
  });
});
