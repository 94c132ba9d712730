/** The faults that Gantry is to live through, by their ids; the table of docs/faults.md is made of them. */
export interface Fault {
  id: string;
  what: string;
  /** Why it concerns nothing that exists yet. */
  later?: string;
}

const CLUSTERS = 'comes with several clusters';
const CONFIGURATION = 'comes with the configuration centre';

const fault = (id: string, what: string, later?: string): Fault =>
  later === undefined ? { id, what } : { id, what, later };

export const FAULTS: readonly Fault[] = [
  fault('F1', 'web is killed before the commit of a delivery'),
  fault('F2', 'web is killed after the commit, before its answer'),
  fault('F3', 'Gantry is killed at any moment of any step kind'),
  fault('F4', 'a runner is killed at any moment of any step kind'),
  fault('F5', 'a runner is paused for longer than its lease, and woken'),
  fault('F6', 'an event loop is blocked for 40 s'),
  fault('F7', 'two start at once'),
  fault('F8', 'Redis is killed; it keeps an append-only file'),
  fault('F9', 'Redis comes back without its last commands'),
  fault('F10', 'Redis is flushed while everything runs'),
  fault('F11', 'Redis comes back empty, as another host, or older than it was'),
  fault('F12', 'Redis is slow, or takes everything and never answers'),
  fault('F13', 'Redis is full'),
  fault('F14', 'Redis evicts, asks for no password, or is too old'),
  fault('F15', 'another process has locked the database'),
  fault('F16', 'the disk of the records is full'),
  fault('F17', 'fsync fails'),
  fault('F18', 'pages of the database are damaged, or its write-ahead log is lost'),
  fault('F19', 'PostgreSQL is killed in the middle of a transaction'),
  fault('F20', 'PostgreSQL has no connection left, or is slow'),
  fault('F21', 'Docker is killed in the middle of a build'),
  fault('F22', 'Docker is restarted in the middle of a delivery'),
  fault('F23', 'Docker takes a request and never answers'),
  fault('F24', 'the disk of Docker is full during a build'),
  fault('F25', 'a container runs out of memory: a build, an instance in gray, one in production'),
  fault('F26', 'a release never gets healthy, dies soon, or answers with errors'),
  fault('F27', 'HAProxy is killed'),
  fault('F28', 'a change of the gateway is made by half'),
  fault('F29', 'a configuration of HAProxy is invalid'),
  fault('F30', 'the network to a second cluster is cut around its switch', CLUSTERS),
  fault('F31', 'a network loses one direction', CLUSTERS),
  fault('F32', 'a site is lost, its stand-in takes over, and it comes back', 'comes with same-city disaster recovery'),
  fault('F33', 'a clock jumps'),
  fault('F34', 'one delivery comes a hundred times, to two web processes'),
  fault('F35', 'pushes arrive out of order'),
  fault('F36', 'a forced push during a build; a deleted branch; a tag'),
  fault('F37', 'a hundred pushes to one branch in ten seconds'),
  fault('F38', 'a registry is missing'),
  fault('F39', 'a registry has another image than was named'),
  fault('F40', 'stored bytes are changed'),
  fault('F41', 'bytes are written by half'),
  fault('F42', 'a WAR or EAR is cut off, empty, of another kind, or without its folder'),
  fault('F43', 'ten thousand runs wait'),
  fault('F44', 'a log of 1 GB, a line of 100 MB'),
  fault('F45', 'a log with bytes that are no text'),
  fault('F46', 'a webhook that is far too large'),
  fault('F47', 'clients that send or read slowly on purpose'),
  fault('F48', 'an archive that unpacks to far more than it is'),
  fault('F49', 'links and names that lead out of their folder'),
  fault('F50', 'no file descriptor is left'),
  fault('F51', 'an autoscaler is fed with wrong figures', 'comes with autoscaling'),
  fault('F52', 'the owner of a throwaway environment dies', 'comes with throwaway environments'),
  fault('F53', 'a change of configuration reaches some instances only', CONFIGURATION),
  fault('F54', 'Gantry is upgraded with runs in flight, and an older one is started afterwards'),
  fault('F55', 'a backup is restored that is an hour old'),
];
