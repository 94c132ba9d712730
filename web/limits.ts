/** Every limit of the web edge, in one place. Times in ms, sizes in bytes. */

/** A client must have sent its header lines by then. */
export const HEADERS_MS = 10_000;
/** A JSON or form body must have arrived by then. Pushes have no such limit: a large one takes its time. */
export const BODY_MS = 15_000;
export const BODY_MAX = 1_048_576;
/** Within the open files that `gantry doctor` asks for; a thousand clients that are slow on purpose leave room. */
export const CONNECTIONS_MAX = 2_500;
/** How often it is looked whose time is over; Node's own 30 s would let a slow client stay for 40. */
export const SLOW_LOOK_MS = 2_000;
export const KEEP_ALIVE_MS = 30_000;
/** How long requests may go on after the process was told to stop. */
export const DRAIN_MS = 10_000;

/** How often the files of the certificate are read again. */
export const CERTIFICATE_LOOK_MS = 2_000;
/** With less time than this left a certificate is mentioned. */
export const CERTIFICATE_ENDS_MS = 21 * 24 * 3_600_000;
/** An audit that was not checked for longer is mentioned; a pass over it is made every half minute. */
export const AUDIT_LATE_MS = 10 * 60_000;

/** How often the events table is looked at while somebody listens; never otherwise. */
export const EVENTS_POLL_MS = 25;
/** Events kept for a listener that does not read; one more and it is cut off (it resumes by id). */
export const EVENTS_BEHIND_MAX = 2_000;
export const HEARTBEAT_MS = 15_000;
/** Answers of one page of a list. */
export const LIST_DEFAULT = 30;
export const LIST_MAX = 200;

/** How often the log of a running step is looked at while somebody follows it; once for all who do. */
export const LOG_POLL_MS = 50;
export const LOG_CHUNK = 65_536;
/** How much of a log a page shows; the rest is one link away. */
export const LOG_TAIL = 65_536;
/** Lines shown before the one that a link names. */
export const LOG_LINES_BEFORE = 20;
/** How often the measured traffic of an app is looked at while somebody watches it; it is written every 2 s. */
export const TRAFFIC_POLL_MS = 500;
/** Points of one line of a chart; longer times are drawn more coarsely. */
export const CHART_POINTS = 90;

/** One push, packed. */
export const PUSH_MAX = 1_073_741_824;
/** A pusher is told about the run for this long; the run itself goes on. */
export const FOLLOW_MS = 30 * 60_000;
/** A step that takes longer than this is mentioned while it runs. */
export const STILL_RUNNING_MS = 5_000;
/** How often the refs of the repositories are compared with the deliveries. */
export const REFS_LOOP_MS = 10_000;
/** Every so many passes nothing is skipped, whatever the clocks of the file system said. */
export const REFS_LOOP_FULL = 30;
/** One webhook's body. GitHub sends up to 25 MiB, but cuts a push at 2,048 commits; what is used is a line. */
export const HOOK_BODY_MAX = 5 * 1_048_576;
/** A body of this size is read at once: all connections together hold 160 MB of them at most. */
export const HOOK_BODY_SMALL = 65_536;
/** Larger bodies of webhooks in memory at once: whose they are is only known when they are whole. Others wait unread. */
export const HOOK_BODIES_MAX = 32;
/** Refs of one webhook (Bitbucket tells all of a push in one): each is stored before it is answered. */
export const HOOK_MOVES_MAX = 200;
/** How often SQL is asked for webhooks to follow; one that just came is followed at once. */
export const HOOKS_LOOP_MS = 5_000;
/** How often SQL is asked for sources to compare. Each has its own time: `LOOK_EVERY_MS` of the engine. */
export const LOOKS_LOOP_MS = 2_000;
/** A source says by then where its branches stand. */
export const LOOK_MS = 20_000;
/** An SSH host says by then which keys it has. */
export const HOST_SCAN_MS = 15_000;
/** Fetches at once in this process, and looks at sources; one for each app. */
export const FETCHES_MAX = 4;
/** One fetch from a forge. */
export const FETCH_MS = 10 * 60_000;
/** How often SQL is asked for what runs wait for of their commits. */
export const EXTRAS_LOOP_MS = 500;
/** Submodules of one commit, with those of its submodules. */
export const MODULES_MAX = 50;
/** Submodules in which a submodule may lie. */
export const MODULE_DEPTH_MAX = 3;
/** A file `.gitmodules`. */
export const MODULES_FILE_MAX = 65_536;
/** A fetch that failed is tried again after this long, then twice as long, and so on. */
export const FETCH_RETRY_MS = 5_000;
export const FETCH_RETRY_MAX_MS = 5 * 60_000;
/** Then a webhook whose source never answered has failed. */
export const HOOK_GIVE_UP_MS = 24 * 3_600_000;
/** A `git` process of ours that only reads. */
export const GIT_READ_MS = 10_000;

/** A WAR or EAR that is uploaded; what a build may leave is as large. */
export const UPLOAD_MAX = 2 * 1_073_741_824;
/** An upload that stands still for so long has broken off. */
export const UPLOAD_SILENT_MS = 30_000;
/** Text of a pipeline that comes with a release. */
export const PIPELINE_MAX = 262_144;

/** How often each part of Gantry is looked at, asked or not. */
export const HEALTH_LOOP_MS = 10_000;
/** Whoever asks for health again within this time gets the same answer: anybody may ask. */
export const HEALTH_FRESH_MS = 500;
/** A part that does not answer within this time is down. */
export const HEALTH_LOOK_MS = 2_000;

/** A sign-in at a provider has come back by then. */
export const PROVIDER_ATTEMPT_MS = 10 * 60_000;
/** One answer of the provider. */
export const PROVIDER_ANSWER_MS = 10_000;

/** A shell's client says what it wants by then. */
export const SHELL_HELLO_MS = 5_000;
/** A shell's client that answers no ping for two such times is gone. */
export const SHELL_ALIVE_MS = 15_000;
/** A shell's client that does not close its side by then is cut off. */
export const SHELL_CLOSE_MS = 1_000;
/** One message of a shell's client. */
export const SHELL_FRAME_MAX = 256 * 1024;

/** Somebody who is refused the same again and again is told of in the audit once in this time. */
export const REFUSAL_NOTE_MS = 60_000;
/** So many refusals are remembered for it. */
export const REFUSALS_KNOWN_MAX = 2_000;
/** Whoever streams, or is in a shell, is looked at so often: may they still? */
export const STANDING_LOOK_MS = 2_000;
