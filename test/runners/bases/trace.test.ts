import { expect } from 'chai';
import { Writer } from 'protobufjs/minimal';
import { createTraceReader } from '../../../runners/bases/trace';

const message = (field: number, write: (writer: Writer) => void): Uint8Array => {
  const inner = Writer.create();
  write(inner);
  return Writer.create()
    .uint32((field << 3) | 2)
    .bytes(inner.finish())
    .finish();
};
const base64 = (...parts: Uint8Array[]): string => Buffer.concat(parts).toString('base64');

const vertex = (name: string, ended: boolean): Uint8Array =>
  message(1, (writer) => {
    writer.uint32((1 << 3) | 2).string('sha256:1');
    writer.uint32((3 << 3) | 2).string(name);
    writer.uint32(4 << 3).bool(false);
    writer.uint32((5 << 3) | 2).bytes(Buffer.from([8, 1]));
    if (ended) {
      writer.uint32((6 << 3) | 2).bytes(Buffer.from([8, 2]));
    }
  });
const log = (text: string): Uint8Array => message(3, (writer) => writer.uint32((4 << 3) | 2).bytes(Buffer.from(text)));

describe("BuildKit's progress", () => {
  it('tells the name of a build step when it begins, not when it has ended', () => {
    const reader = createTraceReader();
    expect(reader.lines(base64(vertex('[2/3] COPY conf/', false)))).to.deep.equal(['[2/3] COPY conf/']);
    expect(reader.lines(base64(vertex('[2/3] COPY conf/', true)))).to.deep.equal([]);
  });

  it('tells what the programs of the build print, line by line', () => {
    expect(createTraceReader().lines(base64(log('one\ntwo\r\n')))).to.deep.equal(['one', 'two']);
  });

  it('puts a line together that came in pieces', () => {
    const reader = createTraceReader();
    expect(reader.lines(base64(log('cp: ')))).to.deep.equal([]);
    expect(reader.lines(base64(log("cannot stat 'x'\nnext")))).to.deep.equal(["cp: cannot stat 'x'"]);
    expect(reader.rest()).to.deep.equal(['next']);
    expect(reader.rest()).to.deep.equal([]);
  });
});
