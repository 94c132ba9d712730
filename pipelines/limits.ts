/** Every limit of the pipeline language, in one place, so that a message can name it and the manual can list it. */

/** Longest accepted file, in characters. */
export const TEXT_MAX = 256 * 1024;
/** Deepest accepted nesting. The language itself needs 8. */
export const DEPTH_MAX = 32;
/** Most values in one file, aliases expanded: a "YAML bomb" is small as text and huge as data. */
export const NODES_MAX = 10_000;
/** Most problems that are told about one file; the rest is only counted. */
export const PROBLEMS_MAX = 50;
/** Longest text that a problem quotes. */
export const OFFENDING_MAX = 80;

/** Longest app name: with a stage and an id in front it still fits a DNS label (63). */
export const APP_NAME_MAX = 40;
export const INSTANCES_MAX = 100;
export const CPUS_MAX = 64;
/** Docker refuses a container with less than 6 MiB; 16 MiB is the least in which anything useful starts. */
export const MEMORY_MIN = 16 * 1024 ** 2;
export const MEMORY_MAX = 1024 * 1024 ** 3;
/** A week: an older release is better delivered again from its sealed bytes than kept running beside the new one. */
export const KEEP_WARM_MS_MAX = 7 * 24 * 60 * 60 * 1000;
/** A failed instance holds memory and, perhaps, connections: a day is long enough for a look. */
export const KEEP_FAILED_MS_MAX = 24 * 60 * 60 * 1000;
/** What `-o keep-failed` without a time means. */
export const KEEP_FAILED_MS = 60 * 60 * 1000;
export const TIMEOUT_MS_MAX = 24 * 60 * 60 * 1000;
/** Most times that a step is tried again, and the longest pause before it. */
export const RETRIES_MAX = 10;
export const BACK_OFF_MS_MAX = 5 * 60 * 1000;
export const EXPIRES_MS_MAX = 90 * 24 * 60 * 60 * 1000;
export const APPROVERS_MAX = 10;
export const LIST_MAX = 100;
/** Most changed paths of a push that `on.paths` is asked about; past it, every path counts as changed. */
export const CHANGED_PATHS_MAX = 10_000;
/** Ways into gray; all of them travel in one entry of the gateway's map. */
export const GRAY_RULES_MAX = 20;
/** Most users in a list from a file. */
export const GRAY_USERS_MAX = 10_000;
/** Longest value of a rule, and longest name of a user, in bytes. */
export const GRAY_VALUE_MAX = 128;
/** Blocks of addresses that a login header is trusted from. */
export const TRUSTED_MAX = 20;

/** Parameters that a run may be started with, and the longest text of one, in characters. */
export const PARAMETERS_MAX = 20;
export const PARAMETER_TEXT_MAX = 4_096;
/** Without `max`, a parameter of text is at most so long. */
export const PARAMETER_TEXT = 1_000;
export const CHOICES_MAX = 50;
export const SCHEDULES_MAX = 20;
/** Other apps whose releases start a run. */
export const RELEASED_MAX = 20;
/** Secrets that one command, or one stage, is given. */
export const SECRETS_MAX = 20;
