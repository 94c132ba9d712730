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
export const TIMEOUT_MS_MAX = 24 * 60 * 60 * 1000;
export const EXPIRES_MS_MAX = 90 * 24 * 60 * 60 * 1000;
export const APPROVERS_MAX = 10;
export const LIST_MAX = 100;
