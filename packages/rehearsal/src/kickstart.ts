import type { Selection } from './install/selection.ts';

/** One command of the flat kickstart, as far as an installer needs it. */
export interface KickstartCommand {
  name: string;
  args: readonly string[];
  /** As written. */
  text: string;
  line: number;
}

/** One script of the flat kickstart. */
export interface KickstartScript {
  type: 'pre' | 'pre-install' | 'post' | 'onerror' | 'traceback';
  nochroot: boolean;
  erroronfail: boolean;
  interpreter: string;
  /** File that gets its output: in the target, or with `--nochroot` outside. */
  log: string | undefined;
  body: string;
  line: number;
  /** By which anaconda names it: mostly a line of the part of the kickstart that its Runtime module gets. */
  number: number;
}

/** A section that is neither packages nor a script: `%addon`, `%anaconda`, `%certificate`. */
export interface KickstartSection {
  /** With the percent sign. */
  name: string;
  args: readonly string[];
  body: string;
  line: number;
}

/** A kickstart, as an installer sees it. */
export interface Kickstart {
  commands: readonly KickstartCommand[];
  selection: Selection;
  scripts: readonly KickstartScript[];
  sections: readonly KickstartSection[];
}
