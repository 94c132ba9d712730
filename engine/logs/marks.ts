/** What makes a line of a log worth a look: the table that `pickLines` works with. First match counts. */
export interface Mark {
  pattern: RegExp;
  /** Higher is shown first when there is no room for all. */
  weight: 1 | 2 | 3;
  /** Lines around it that explain it. */
  before?: number;
  after?: number;
  /** Lines that follow and belong to it, such as the frames of a stack trace; at most `followMax`. */
  follow?: RegExp;
  followMax?: number;
}

/** What tools say after every failure, whatever it was. */
export const NOISE: readonly RegExp[] = [
  /^\[ERROR\]\s*$/,
  /^\[INFO\]/,
  /^\s+at .*\((node:internal|java\.base|jdk\.internal|org\.junit|sun\.reflect)/,
  /^\s*\d+: 0x[0-9a-f]+/,
  /^\s*[{}]\s*$/,
  /^\[ERROR\] (To see the full stack trace|Re-run Maven using|For more information about the errors|\[Help \d+\])/,
  /^\[ERROR\] (-> \[Help|After correcting the problems|Please refer to .*surefire|See .*surefire-reports)/,
  /^\[ERROR\]\s+mvn <args> -rf/,
  /^npm (ERR!|error) (A complete log of this run|\s+\/\S+\.log$)/,
  /^npm (ERR!|error)\s*$/,
  /^npm (notice|warn|WARN)\b/,
  /^(failed|next): /,
  // Gantry's own words about an instance: its end is told beside the lines.
  /^(not healthy|exit code|health check): |^the last \d+ lines of the container:$/,
  /^gantry-[0-9a-f]{8}-\S+(:| is kept for a look) |^ {2}gantry (logs|shell|instance remove) /,
];

const JAVA_EXCEPTION =
  /^(Exception in thread |Caused by: |Error: LinkageError|(?:[\w$]+\.)+[\w$]*(?:Exception|Error|Throwable)\b)/;
const JAVA_FRAME = /^\s+at [\w$.<>/]+\(|^\s+\.\.\. \d+ more/;

export const MARKS: readonly Mark[] = [
  // Memory first: what follows it is seldom the cause.
  { pattern: /OutOfMemoryError|heap out of memory|Cannot allocate memory|out of memory: (yes|kill)/i, weight: 3 },
  { pattern: /No space left on device|Disk quota exceeded|ENOSPC/i, weight: 3 },
  // Compilers: the first error is the one to mend.
  {
    pattern: /^\[ERROR\] .+\.(java|kt|scala|groovy):\[\d+,\d+\]/,
    weight: 3,
    after: 2,
    follow: /^\[?(ERROR\]|\s)\s+\S/,
    followMax: 3,
  },
  { pattern: /^\S+\.java:\d+: error: /, weight: 3, after: 2 },
  { pattern: /^\S+\(\d+,\d+\): error TS\d+|^\S+:\d+:\d+ - error TS\d+/, weight: 3 },
  { pattern: /^\S+:\d+(:\d+)?: (fatal )?error: /, weight: 3, after: 2 },
  { pattern: /undefined reference to|^collect2: error|^ld: /, weight: 3 },
  { pattern: /^(\.\/)?\S+\.go:\d+:\d+: /, weight: 3 },
  { pattern: /^SyntaxError|^\s*\^+\s*$/, weight: 3, before: 2, after: 1 },
  // Tests: which one, and what was expected.
  { pattern: /^\[ERROR\] .*(Tests run:.*(FAILURE|ERROR)!|Failures:|<<< (FAILURE|ERROR))/, weight: 3, after: 2 },
  { pattern: /^\[ERROR\] \s*\S+\.\S+:\d+ /, weight: 3 },
  { pattern: /^\s*--- FAIL: |^FAIL\b/, weight: 3, after: 2 },
  { pattern: /^\s+\d+ (failing|failed)$|^\s+\d+\) \S/, weight: 3, after: 3 },
  { pattern: /AssertionError|^E\s{3}|^FAILED /, weight: 3, after: 3 },
  // Traces: what was thrown and why; of the way there, only its end.
  {
    pattern: /^Traceback \(most recent call last\):/,
    weight: 3,
    follow: /^\s|^[\w.]+(Error|Exception|Exit|Interrupt)\b/,
    followMax: 9,
  },
  { pattern: JAVA_EXCEPTION, weight: 3, follow: JAVA_FRAME, followMax: 3 },
  { pattern: /^(Uncaught )?\w*Error( \[\w+\])?: /, weight: 3, follow: /^\s+at |^- |^Require stack/, followMax: 3 },
  { pattern: /^panic: |^goroutine \d+ \[running\]/, weight: 3, after: 3 },
  // Package managers and shells.
  { pattern: /^npm (ERR!|error) /, weight: 3 },
  { pattern: /^ERROR: /, weight: 3 },
  { pattern: /^\[ERROR\] /, weight: 2 },
  { pattern: /^\[FATAL\] |^FATAL|^SEVERE\b|\bSEVERE \[/, weight: 2, follow: JAVA_FRAME, followMax: 2 },
  { pattern: /: (command )?not found$|No such file or directory|Permission denied|Operation not permitted/, weight: 3 },
  {
    pattern: /Connection refused|ECONNREFUSED|Unknown host|UnknownHostException|ENOTFOUND|Name or service not known/i,
    weight: 3,
  },
  {
    pattern: /PKIX path|CERTIFICATE_VERIFY_FAILED|self[- ]signed certificate|unable to get (local )?issuer/i,
    weight: 3,
  },
  // How a command ended.
  { pattern: /exit code \d+/, weight: 2 },
  { pattern: /\b(error|fatal|failed|failure|exception|cannot|unable to)\b/i, weight: 1 },
];
