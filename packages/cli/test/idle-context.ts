import { expect } from 'vitest';
import type { Context } from '../src/command.ts';
import { commands } from '../src/commands.ts';

/** What commands are described with, when nothing of it may be asked for: their actions do not run. */
export const idleContext: Context = {
  env: {},
  commands,
  signal: new AbortController().signal,
  open: () => expect.unreachable(),
  openFor: () => expect.unreachable(),
  exitWith: () => expect.unreachable(),
};
