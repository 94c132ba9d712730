import { Reader as ProtobufReader, type Reader } from 'protobufjs/minimal';

/**
 * BuildKit tells its progress as protobuf (`moby.buildkit.v1.StatusResponse`); only what a person wants to read is
 * taken out of it. Field numbers are those of BuildKit's `control.proto`, unchanged since 2018.
 */
const VERTEX = { field: 1, name: 3, started: 5, completed: 6 } as const;
const LOG = { field: 3, message: 4 } as const;
const LENGTH_DELIMITED = 2;

export interface TraceReader {
  /** Whole lines of one progress message: names of build steps that begin, and what programs of the build print. */
  lines(base64: string): string[];
  /** The last line, when the build ended in the middle of it. */
  rest(): string[];
}

/** Programs print in pieces, and BuildKit sends the pieces; so the reader keeps an unfinished line until it ends. */
export function createTraceReader(): TraceReader {
  let unfinished = '';
  const rest = (): string[] => {
    const line = unfinished.trimEnd();
    unfinished = '';
    return line === '' ? [] : [line];
  };
  const printed = (text: string): string[] => {
    const pieces = (unfinished + text).split(/[\r\n]+/);
    unfinished = pieces.pop() ?? '';
    return pieces.map((line) => line.trimEnd()).filter((line) => line !== '');
  };
  return {
    lines(base64) {
      const lines: string[] = [];
      eachMessage(ProtobufReader.create(Buffer.from(base64, 'base64')), (field, message) => {
        if (field === VERTEX.field) {
          const name = startedVertex(message);
          lines.push(...(name === undefined ? [] : [...rest(), name]));
        } else if (field === LOG.field) {
          eachMessage(message, (inner, bytes) => {
            lines.push(...(inner === LOG.message ? printed(textOf(bytes)) : []));
          });
        }
      });
      return lines;
    },
    rest,
  };
}

/** The vertex's name when it runs now; undefined when it only waits or has ended. */
function startedVertex(vertex: Reader): string | undefined {
  let name: string | undefined;
  let running = false;
  eachMessage(vertex, (field, bytes) => {
    if (field === VERTEX.name) {
      name = textOf(bytes);
    }
    running = field === VERTEX.started ? true : field === VERTEX.completed ? false : running;
  });
  return running ? name : undefined;
}

function textOf(bytes: Reader): string {
  return Buffer.from(bytes.buf.subarray(bytes.pos, bytes.len)).toString('utf8');
}

/** Calls `visit` for each length-delimited field, with a reader that is limited to that field's bytes. */
function eachMessage(reader: Reader, visit: (field: number, bytes: Reader) => void): void {
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if ((tag & 7) === LENGTH_DELIMITED) {
      visit(tag >>> 3, ProtobufReader.create(Buffer.from(reader.bytes())));
    } else {
      reader.skipType(tag & 7);
    }
  }
}
