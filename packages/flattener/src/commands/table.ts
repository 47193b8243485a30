import F44 from './F44.json' with { type: 'json' };

/** One option or positional argument of a command, as pykickstart's argparse knows it. */
export interface OptionSpec {
  readonly flags: readonly string[];
  readonly dest: string;
  /** argparse's action; `store` unless said otherwise. */
  readonly action?: string;
  /** What the value is; a string unless said otherwise. */
  readonly type?: string;
  /** Absent: None for a value, False for a plain flag. */
  readonly default?: unknown;
  readonly required?: boolean;
  readonly choices?: readonly string[];
  readonly nargs?: number | string;
  readonly positional?: boolean;
  readonly deprecated?: boolean;
}

/** What a release knows about a command. */
export interface CommandSpec {
  /** The handler class without its release: commands that share it are one object (`reboot`, `poweroff`...). */
  readonly handler: string;
  readonly module: string;
  readonly removed?: boolean;
  /** Accepted and ignored. */
  readonly deprecated?: boolean;
  /** Where ksflatten prints it: by priority, then by handler. */
  readonly priority?: number;
  /** The comment ksflatten prints above it. */
  readonly header?: string;
  /** Every line counts, in order; otherwise a later line overwrites an earlier one, option by option. */
  readonly accumulates?: boolean;
  /** Modules it cannot stand beside. */
  readonly conflictsWith?: readonly string[];
  /** Its arguments follow no option grammar. */
  readonly free?: boolean;
  readonly options: readonly OptionSpec[];
}

export interface Release {
  readonly release: string;
  readonly commands: ReadonlyMap<string, CommandSpec>;
  readonly sections: ReadonlyMap<string, readonly OptionSpec[]>;
}

interface ReleaseData {
  readonly release: string;
  readonly commands: Readonly<Record<string, CommandSpec>>;
  readonly sections: Readonly<Record<string, readonly OptionSpec[]>>;
}

/** Makes a release of its data file; each data file is made by `scripts/command-table.ts`. */
function release(data: ReleaseData): Release {
  return {
    release: data.release,
    commands: new Map(Object.entries(data.commands)),
    sections: new Map(Object.entries(data.sections)),
  };
}

export const FEDORA_44: Release = release(F44);

/** Whether a later line of the same command, which does not say it again, sets this option back to its default. */
export function resets(spec: OptionSpec): boolean {
  return spec.default !== undefined || spec.action === 'store_true' || spec.action === 'store_false';
}

/** Whether the option is followed by a value. */
export function takesValue(spec: OptionSpec): boolean {
  const action = spec.action ?? 'store';
  return action === 'store' || action === 'append' || action === 'ExtendAction';
}

/** Whether giving the option twice in a line adds to it. */
export function collects(spec: OptionSpec): boolean {
  return ['append', 'append_const', 'ExtendAction'].includes(spec.action ?? 'store');
}
