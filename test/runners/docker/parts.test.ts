import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import fc from 'fast-check';
import type { CommandRequest } from '../../../engine/ports/builder';
import { BuildProgress } from '../../../runners/docker/build-progress';
import { encodeTrace } from '../../../runners/docker/build-trace';
import { commandOptions, instanceOptions } from '../../../runners/docker/container-options';
import { warningsOf } from '../../../runners/docker/description';
import { baseImageOf, imagesOf, refuseLooseRuns, refuseSyntaxLine, stagesOf } from '../../../runners/docker/dockerfile';
import { globFolder, globPattern } from '../../../runners/docker/glob';
import { readLabels, writeLabels } from '../../../runners/docker/labels';
import { layerContext } from '../../../runners/docker/layer-context';
import { LineSplitter, MAX_LINE_BYTES, OutputDemultiplexer } from '../../../runners/docker/output-lines';
import { Turns } from '../../../runners/docker/turns';
import { instanceSpec } from '../cluster-contract';
import { buildCall, scratchBytes } from './harness';

describe('labels of Docker objects', () => {
  it('say everything about an object, and can be read back', () => {
    const { labels } = instanceSpec('gantry/node');
    const all = { ...labels, release: '12' };
    const written = writeLabels('0123456789abcdef', all);
    expect(written).to.include({
      'gantry.installation': '0123456789abcdef',
      'gantry.role': 'instance',
      'gantry.epoch': '1',
    });
    expect(readLabels(written)).to.deep.equal(all);
  });

  it('leave out what is not known', () => {
    expect(writeLabels('i', { app: 'shop', role: 'network' })).to.deep.equal({
      'gantry.installation': 'i',
      'gantry.app': 'shop',
      'gantry.role': 'network',
    });
  });
});

describe('what is asked of Docker for a container', () => {
  const around = { network: 'gantry-01234567', labels: { a: 'b' }, init: true };

  it('is a closed list for an instance', () => {
    const spec = instanceSpec('gantry/node', { name: 'shop-1', env: { A: '1' }, stopGraceMs: 2_500 });
    expect(instanceOptions(spec, around)).to.deep.equal({
      name: 'shop-1',
      Image: 'gantry/node',
      Labels: { a: 'b' },
      Env: ['A=1'],
      ExposedPorts: { '8080/tcp': {} },
      StopTimeout: 3,
      HostConfig: {
        NetworkMode: 'gantry-01234567',
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        PidsLimit: 512,
        Memory: 134_217_728,
        MemorySwap: 134_217_728,
        NanoCpus: 1_000_000_000,
        Init: true,
        RestartPolicy: { Name: 'no' },
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
      },
    });
  });

  it('is a closed list for a command', () => {
    const request: CommandRequest = {
      ...buildCall(),
      ...{ image: 'gantry/maven', command: 'mvn package', env: { A: '1', HOME: '/tmp' }, memory: 1_000, timeoutMs: 1 },
      ...{ cache: { key: 'shop', paths: [] }, hosts: { 'shop.localhost': '10.0.0.1' } },
    };
    const caches = [{ name: 'volume', path: '/root/.m2' }];
    const options = commandOptions(request, { ...around, imageId: 'sha256:1', env: { A: '0', P: 'proxy' }, caches });
    expect(Object.keys(options).sort()).to.deep.equal([
      'AttachStderr',
      'AttachStdout',
      'Cmd',
      'Entrypoint',
      'Env',
      'HostConfig',
      'Image',
      'Labels',
      'NetworkingConfig',
      'User',
      'WorkingDir',
    ]);
    expect(options.Env).to.deep.equal(['HOME=/tmp', 'A=1', 'P=proxy']);
    expect(options.HostConfig).to.deep.equal({
      NetworkMode: 'gantry-01234567',
      ExtraHosts: ['shop.localhost:10.0.0.1'],
      Mounts: [{ Type: 'volume', Source: 'volume', Target: '/root/.m2' }],
      CapDrop: ['ALL'],
      CapAdd: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'],
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: 4_096,
      Memory: 1_000,
      MemorySwap: 1_000,
      CpuShares: 256,
      Init: true,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'none', Config: {} },
    });
  });
});

describe('the output of a container', () => {
  const splitBytes = (...chunks: (string | Buffer)[]): Buffer[] => {
    const lines: Buffer[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    for (const chunk of chunks) splitter.write(Buffer.from(chunk));
    splitter.end();
    return lines;
  };
  const split = (...chunks: (string | Buffer)[]): string[] => splitBytes(...chunks).map((line) => line.toString());

  it('is cut into lines, wherever its pieces end', () => {
    expect(split('one\ntw', 'o\n\nthr', 'ee')).to.deep.equal(['one', 'two', '', 'three']);
  });

  it('keeps a character whole that two pieces share', () => {
    const bytes = Buffer.from('grün\n');
    expect(split(bytes.subarray(0, 3), bytes.subarray(3))).to.deep.equal(['grün']);
  });

  it('shows a progress bar as it stood last', () => {
    expect(split('10 %\r50 %\r100 %\r\ndone\r\n')).to.deep.equal(['100 %', 'done']);
  });

  it('is the same lines however it comes in pieces', () => {
    const text = fc.array(fc.constantFrom('a', 'bc', '\n', 'x'.repeat(MAX_LINE_BYTES / 2)), { maxLength: 40 });
    const cuts = fc.array(fc.nat(200_000), { maxLength: 10 });
    fc.assert(
      fc.property(text, cuts, (parts, places) => {
        const bytes = Buffer.from(parts.join(''));
        const ends = [...places.map((place) => Math.min(place, bytes.length)), bytes.length].sort((a, b) => a - b);
        const pieces = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
        expect(split(...pieces)).to.deep.equal(split(bytes));
      }),
    );
  });

  it('stays bytes where it is no text [F45]', () => {
    const odd = Buffer.from([0x67, 0xff, 0x00, 0xfe]);
    expect(splitBytes(Buffer.concat([odd, Buffer.from('\r\n')]))).to.deep.equal([odd]);
  });

  it('cuts a line that does not end', () => {
    const lengths = split('x'.repeat(MAX_LINE_BYTES), 'x'.repeat(MAX_LINE_BYTES + 1), '\n').map((line) => line.length);
    expect(lengths).to.deep.equal([MAX_LINE_BYTES, MAX_LINE_BYTES, 1]);
  });

  it('is taken out of the frames of Docker, the two outputs apart', () => {
    const frame = (output: number, text: string): Buffer => {
      const header = Buffer.from([output, 0, 0, 0, 0, 0, 0, text.length]);
      return Buffer.concat([header, Buffer.from(text)]);
    };
    const lines: string[] = [];
    const reader = new OutputDemultiplexer((line) => lines.push(line.toString()));
    const all = Buffer.concat([frame(1, 'hel'), frame(2, 'oops\n'), frame(1, 'lo\n')]);
    for (const byte of all) reader.write(Buffer.from([byte]));
    reader.end();
    expect(lines).to.deep.equal(['oops', 'hello']);
  });
});

describe("BuildKit's progress", () => {
  it('becomes lines: what begins, what it prints, how it ended', () => {
    const lines: string[] = [];
    const progress = new BuildProgress((line) => lines.push(line.toString()));
    const started = { seconds: 100, nanos: 0 };
    const vertex = { digest: 'a', name: '[2/3] RUN npm ci', cached: false, error: '' };
    const cached = {
      digest: 'b',
      name: '[1/3] FROM gantry/node',
      cached: true,
      error: '',
      started,
      completed: started,
    };
    const own = { digest: 'c', name: '[internal] load build context', cached: false, error: '' };
    const log = (text: string) => ({ vertex: 'a', msg: Buffer.from(text) });
    for (const status of [
      { vertexes: [vertex, own], logs: [] },
      { vertexes: [cached, { ...own, started, completed: started }, { ...vertex, started }], logs: [log('added 1 p')] },
      { vertexes: [{ ...vertex, started }], logs: [log('ackage\nfound 0')] },
      { vertexes: [{ ...vertex, started, completed: { seconds: 101, nanos: 500_000_000 } }], logs: [] },
    ]) {
      progress.read(encodeTrace(status));
    }
    progress.end();
    expect(lines).to.deep.equal([
      '[1/3] FROM gantry/node',
      '[2/3] RUN npm ci',
      '[1/3] CACHED',
      'added 1 package',
      'found 0',
      '[2/3] done in 1.5 s',
    ]);
  });
});

describe('a Dockerfile', () => {
  const text = `ARG BASE=gantry/node
FROM --platform=linux/amd64 \${BASE} AS build
FROM build AS test
from $OTHER \\
  as final
`;

  it('names its stages, with the arguments filled in', () => {
    expect(stagesOf(text, { OTHER: 'ignored: not declared' })).to.deep.equal([
      { image: 'gantry/node', alias: 'build' },
      { image: 'build', alias: 'test' },
      { image: '', alias: 'final' },
    ]);
    expect(imagesOf(stagesOf(text, { BASE: 'gantry/debian' }))).to.deep.equal(['gantry/debian']);
  });

  it('stands on the base of its last stage, or of the one that is wanted', () => {
    const stages = stagesOf('FROM a AS one\nFROM b AS two\nFROM One\n', {});
    expect(baseImageOf(stages, null)).to.equal('a');
    expect(baseImageOf(stages, 'two')).to.equal('b');
    expect(baseImageOf(stages, 'three')).to.equal(undefined);
    expect(baseImageOf(stagesOf('FROM x AS x\n', {}), null)).to.equal('x');
  });

  it('may not bring its own builder', () => {
    const refusal = (dockerfile: string) => () => refuseSyntaxLine('Dockerfile', dockerfile);
    expect(refusal('# syntax=docker/dockerfile:1\nFROM a')).to.throw('Dockerfile:1');
    expect(refusal('\n#escape=\\\n#Syntax = x/y\nFROM a')).to.throw('x/y');
    expect(refusal('# just words\nFROM a\n# syntax=late')).to.not.throw();
    // What newer engines read as the same wish.
    expect(refusal('// syntax=x/y\nFROM a')).to.throw('Dockerfile:1');
    expect(refusal('#!/usr/bin/env x\n\ufeff# syntax=x/y\nFROM a')).to.throw('Dockerfile:2');
    expect(refusal('{ "syntax": "x/y" }\nFROM a')).to.throw('Dockerfile:1');
  });

  it('may not leave the sandbox of builds [S11]', () => {
    const refusal = (dockerfile: string) => () => refuseLooseRuns('Dockerfile', dockerfile);
    expect(refusal('FROM a\nRUN --network=host curl 127.0.0.1:6379')).to.throw('--network=host');
    expect(refusal('FROM a\nrun --mount=type=cache,target=/x \\\n  --security=insecure id')).to.throw(
      '--security=insecure',
    );
    expect(refusal('FROM a\nONBUILD RUN --network=host id')).to.throw('--network=host');
    expect(refusal('FROM a\nRUN --network=none --mount=type=cache,target=/x make # --network=host')).to.not.throw();
  });
});

describe('the pattern of take', () => {
  it('matches within a folder, and across folders with **', () => {
    expect('target/a.war').to.match(globPattern('target/*.war'));
    expect('target/a.war').to.match(globPattern('./target/?.war'));
    expect('target/x/a.war').to.not.match(globPattern('target/*.war'));
    expect('a.war').to.match(globPattern('**/*.war'));
    expect('x/y/a.war').to.match(globPattern('**/*.war'));
    expect('targetXa.war').to.not.match(globPattern('target.a.war'));
  });

  it('says in which folder to look', () => {
    expect(['target/*.war', '*.war', 'a/b/c.war', 'a/*/c.war', '**/x'].map(globFolder)).to.deep.equal([
      'target',
      '',
      'a/b',
      'a',
      '',
    ]);
  });
});

describe('the context of a layer', () => {
  it('is the same bytes for the same files', async () => {
    const { bytes, remove } = await scratchBytes();
    const file = { to: '/srv/a', from: { text: 'x' }, mode: 0o644, verify: false };
    const make = () => buffer(layerContext('gantry-1/base:2', [file], bytes));
    expect((await make()).equals(await make())).to.equal(true);
    await remove();
  });
});

describe('warnings about an engine', () => {
  const good = {
    ServerVersion: '20',
    LiveRestoreEnabled: true,
    MemoryLimit: true,
    SwapLimit: true,
    InitCommit: { ID: '' },
  };

  it('are none for one that has everything', () => {
    expect(warningsOf(good)).to.deep.equal([]);
  });

  it('tell that its restart stops every container, and that docker-init is missing [F22]', () => {
    const warnings = warningsOf({ ...good, LiveRestoreEnabled: false, InitCommit: { ID: 'N/A' } });
    expect(warnings[0]).to.include('stops every container');
    expect(warnings[1]).to.include('docker-init');
  });
});

describe('taking turns', () => {
  it('lets callers with one key act one after another, also after a failure', async () => {
    const turns = new Turns();
    const order: string[] = [];
    const act =
      (name: string, fails = false) =>
      async () => {
        order.push(`${name} begins`);
        await Promise.resolve();
        order.push(`${name} ends`);
        if (fails) throw new Error(name);
      };
    const all = await Promise.allSettled([turns.take('x', act('a', true)), turns.take('x', act('b'))]);
    expect(all.map(({ status }) => status)).to.deep.equal(['rejected', 'fulfilled']);
    expect(order).to.deep.equal(['a begins', 'a ends', 'b begins', 'b ends']);
  });
});
