/** Where a command of a user runs, and what its `~` is. */
export const WORK_FOLDER = '/work';
export const BUILD_HOME = '/root';
