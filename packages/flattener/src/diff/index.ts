/** How two kickstarts differ in meaning: commands, packages and scripts, whatever the order of their lines. */
export type { ArgumentChange, CommandChange, CommandSide } from './commands.ts';
export { type Change, type KickstartDiff, diffKickstarts, isSame } from './diff.ts';
export type { ScriptChange } from './scripts.ts';
