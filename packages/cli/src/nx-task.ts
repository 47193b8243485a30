/**
 * Whether Nx runs this process as a task. Its terminal is then a pane, of another width than it is said to have, and what it
 * prints is kept, and printed again wherever the task is not run because nothing has changed: in a pipe as in a terminal.
 */
export const isNxTask = (env: NodeJS.ProcessEnv): boolean => env['NX_TASK_TARGET_TARGET'] !== undefined;
