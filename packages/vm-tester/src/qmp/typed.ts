import type { QmpCommands } from './commands.ts';

/** A command's arguments: left out where none is required, and anything for a command that is not known here. */
export type QmpArguments<C extends string> = C extends keyof QmpCommands
  ? object extends QmpCommands[C]['args']
    ? [args?: QmpCommands[C]['args']]
    : [args: QmpCommands[C]['args']]
  : [args?: Record<string, unknown>];

/** What a command returns; unknown for one that is not known here. */
export type QmpResult<C extends string> = C extends keyof QmpCommands ? QmpCommands[C]['returns'] : unknown;
