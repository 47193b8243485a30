import type { Argument } from './commands/arguments.ts';
import type { Located, Position } from './source.ts';

/** What a kickstart means: the interpreted view. Every entry says where it was written. */
export interface Kickstart extends Located {
  /** In ksflatten's order; commands that only repeat each other are one. */
  readonly commands: readonly Command[];
  /** All `%packages` sections as one. */
  readonly packages: Packages | undefined;
  readonly scripts: readonly Script[];
  readonly sections: readonly OtherSection[];
  /** `%include` lines that stay, since the installer's `%pre` makes the file: they come after the commands. */
  readonly includes: readonly KeptInclude[];
}

/** An `%include` that stays in the flat kickstart. */
export interface KeptInclude extends Located {
  readonly target: string;
}

export interface Command extends Located {
  readonly name: string;
  /** Unquoted, options as `--name=value` and in full; what {@link Command.text} would be split into. */
  readonly args: readonly string[];
  readonly arguments: readonly Argument[];
  /** The command as the flat kickstart has it. */
  readonly text: string;
  /** Earlier lines whose options are part of it. */
  readonly earlier: readonly Located[];
}

export type ScriptType = 'pre' | 'pre-install' | 'post' | 'onerror' | 'traceback';

export interface Script extends Located {
  readonly type: ScriptType;
  readonly nochroot: boolean;
  readonly erroronfail: boolean;
  readonly interpreter: string | undefined;
  readonly log: string | undefined;
  /** Verbatim; ends with an end of line. */
  readonly body: string;
  /** Where each line of the body was written. */
  readonly bodyAt: readonly Located[];
  readonly endAt: Located;
}

export interface PackageGroup {
  readonly name: string;
  readonly nodefaults: boolean;
  readonly optional: boolean;
}

/** One line of the merged `%packages`. */
export interface PackageEntry extends Located {
  readonly kind: 'environment' | 'group' | 'package' | 'excluded-group' | 'excluded' | 'include';
  readonly name: string;
  /** As the flat kickstart has it: `@core --nodefaults`, `-nano`. */
  readonly text: string;
}

export interface PackageOptions {
  readonly default: boolean;
  readonly excludedocs: boolean;
  readonly nocore: boolean;
  readonly ignoreMissing: boolean;
  readonly ignoreBroken: boolean;
  readonly multilib: boolean;
  readonly excludeWeakdeps: boolean;
  readonly instLangs: string | undefined;
  /** Seconds. */
  readonly timeout: string | undefined;
  readonly retries: string | undefined;
}

export interface Packages extends Located {
  readonly environment: string | undefined;
  readonly groups: readonly PackageGroup[];
  readonly names: readonly string[];
  readonly excludedGroups: readonly string[];
  readonly excluded: readonly string[];
  readonly options: PackageOptions;
  /** All of the above in the order of the flat kickstart. */
  readonly entries: readonly PackageEntry[];
  /** The headers after the first, whose options and entries are part of it. */
  readonly earlier: readonly Located[];
  readonly endAt: Located;
}

/** `%addon`, `%anaconda`, `%certificate`: passed on as they are. */
export interface OtherSection extends Located {
  /** With the percent sign. */
  readonly name: string;
  readonly args: readonly string[];
  readonly body: string;
  readonly bodyAt: readonly Located[];
  readonly endAt: Located;
}

/** A line of the flat kickstart comes from here. */
export interface Origin extends Position {
  readonly includedFrom: readonly Position[];
  /** Other lines that were merged into this one. */
  readonly earlier: readonly Position[];
}

/** The value of an option, by any of its names; `true` for a flag that is there; `undefined` when it is not. */
export function optionValue(command: Pick<Command, 'arguments'>, flag: string): string | true | undefined {
  const found = command.arguments.findLast((arg) => arg.kind === 'option' && arg.spec.flags.includes(flag));
  return found?.kind === 'option' ? (found.value ?? true) : undefined;
}
