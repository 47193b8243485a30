import type { Workspace } from '@phyllome/pipeline';
import type { Command } from 'commander';
import type { ExitCode } from './exit-codes.ts';

/** What a command is run in. */
export interface Context {
  readonly env: NodeJS.ProcessEnv;
  /** Fires at Ctrl-C and SIGTERM, for commands that wait. */
  readonly signal: AbortSignal;
  /**
   * The checkout that the working directory is in, with the machine's choice of a builder in its environment.
   *
   * @throws {PipelineError} NOT_A_WORKSPACE
   */
  open(): Workspace;
  /** The same for commands that are given leaves or paths of kickstarts: files named by their paths can be anywhere. */
  openFor(named: readonly string[], folders?: readonly string[]): Workspace;
  /** All commands: for those that are about commands. */
  readonly commands: readonly CommandEntry[];
  /** What the process exits with, unless the command throws. */
  exitWith(code: number): void;
}

/** A command line, and what it does: as a sentence without its full stop. */
export type Example = readonly [commandLine: string, does: string];

/** A file in `commands/`: everything about one command of `phyllome`. */
interface CommandFile {
  /** At least two. */
  readonly examples: readonly Example[];
  /** Adds the arguments and options to the command, and what it runs. */
  readonly define: (command: Command, context: Context) => void;
  /**
   * The same for names of leaves without any option: there is nothing to parse, and the parser is a sixth of what a start
   * costs.
   */
  readonly runNames?: (names: string[], context: Context) => Promise<void>;
}

/** A command as `phyllome --help` lists it. Its file is loaded when it is asked for. */
export interface CommandEntry {
  name: string;
  summary: string;
  /** It reads and prints, and has nothing to clean up: Ctrl-C ends it as it ends any program. */
  neverWaits?: true;
  /** It may work for minutes without a line: then one on standard error says that it goes on. */
  mayBeSilent?: true;
  /** For Nx and shells, not for people. */
  hidden?: true;
  load: () => Promise<CommandFile>;
}

/** What a machine's verdict makes of the exit code. */
export const statusExitCodes: Readonly<Record<'accepted' | 'rejected' | 'inconclusive', ExitCode>> = {
  accepted: 0,
  rejected: 1,
  inconclusive: 4,
};
