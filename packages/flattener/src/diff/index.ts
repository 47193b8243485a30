export type { ArgumentChange, CommandChange, CommandSide } from './commands.ts';
export { type Change, type KickstartDiff, diffKickstarts, isSame } from './diff.ts';
export type { ScriptChange } from './scripts.ts';
