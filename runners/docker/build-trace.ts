import { Root } from 'protobufjs/light';

/**
 * BuildKit's progress, as its `control.proto` names it (moby/buildkit, api/services/control). Only the fields that
 * are shown; protobuf skips the others.
 */
const TRACE = Root.fromJSON({
  nested: {
    Timestamp: { fields: { seconds: { type: 'int64', id: 1 }, nanos: { type: 'int32', id: 2 } } },
    Vertex: {
      fields: {
        digest: { type: 'string', id: 1 },
        name: { type: 'string', id: 3 },
        cached: { type: 'bool', id: 4 },
        started: { type: 'Timestamp', id: 5 },
        completed: { type: 'Timestamp', id: 6 },
        error: { type: 'string', id: 7 },
      },
    },
    VertexLog: {
      fields: { vertex: { type: 'string', id: 1 }, stream: { type: 'int64', id: 3 }, msg: { type: 'bytes', id: 4 } },
    },
    StatusResponse: {
      fields: {
        vertexes: { rule: 'repeated', type: 'Vertex', id: 1 },
        logs: { rule: 'repeated', type: 'VertexLog', id: 3 },
      },
    },
  },
});
const STATUS = TRACE.lookupType('StatusResponse');

export interface TraceTime {
  seconds: number;
  nanos: number;
}

/** One step of the build, told again each time something about it changes. */
export interface TraceVertex {
  digest: string;
  name: string;
  cached: boolean;
  started?: TraceTime;
  completed?: TraceTime;
  error: string;
}

/** A piece of what a step prints, cut anywhere. */
export interface TraceLog {
  vertex: string;
  msg: Buffer;
}

export interface TraceStatus {
  vertexes: TraceVertex[];
  logs: TraceLog[];
}

/** One progress message as Docker passes it on (`moby.buildkit.trace`). */
export function decodeTrace(base64: string): TraceStatus {
  const message = STATUS.decode(Buffer.from(base64, 'base64'));
  return STATUS.toObject(message, { longs: Number, arrays: true, defaults: false, bytes: Buffer }) as TraceStatus;
}

/** The other way round, for tests and for whoever wants to play a build back. */
export function encodeTrace(status: TraceStatus): string {
  return Buffer.from(STATUS.encode(STATUS.fromObject(status)).finish()).toString('base64');
}
