import RELEASES from './releases.json' with { type: 'json' };

/** One option or positional argument of a command, as pykickstart's argparse knows it. */
export interface OptionSpec {
  readonly flags: readonly string[];
  readonly dest: string;
  /** argparse's action; `store` unless said otherwise. */
  readonly action?: string;
  /** What the value is; a string unless said otherwise. */
  readonly type?: string;
  /** What `store_const` stores. */
  readonly const?: string | number;
  /** Absent: None for a value, False for a plain flag. Null: None for a flag, too. */
  readonly default?: string | number | boolean | null;
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
  /** False where the handler has no option parser, as most that are removed or deprecated. */
  readonly hasOptions?: boolean;
  readonly options: readonly OptionSpec[];
}

export interface Release {
  readonly release: string;
  readonly commands: ReadonlyMap<string, CommandSpec>;
  readonly sections: ReadonlyMap<string, readonly OptionSpec[]>;
}

/** The pools of `releases.json`: each option, command and header once; the releases refer to them by number. */
interface Pools {
  readonly options: readonly OptionSpec[];
  readonly commands: readonly (Omit<CommandSpec, 'options'> & { readonly options?: readonly number[] })[];
  readonly sections: readonly (readonly number[])[];
  readonly releases: Readonly<
    Record<string, { readonly commands: Record<string, number>; readonly sections: Record<string, number> }>
  >;
}

const POOLS: Pools = RELEASES;

/** The releases of the table: `F34`... `F45`, `RHEL8`... */
export const RELEASE_NAMES: readonly string[] = Object.keys(POOLS.releases);

/** The newest Fedora of the table, which pykickstart calls DEVEL. */
export const NEWEST_FEDORA: string = `F${Math.max(
  ...RELEASE_NAMES.flatMap((name) => (/^F\d+$/.test(name) ? [Number(name.slice(1))] : [])),
)}`;

const made = new Map<string, Release>();

/** What pykickstart knows of a release; `undefined` for one that is not in the table. */
export function releaseNamed(name: string): Release | undefined {
  const known = made.get(name);
  if (known !== undefined) return known;
  const data = POOLS.releases[name];
  if (data === undefined) return undefined;
  const release: Release = {
    release: name,
    commands: new Map(Object.entries(data.commands).map(([command, at]) => [command, commandAt(at)])),
    sections: new Map(Object.entries(data.sections).map(([section, at]) => [section, optionsAt(POOLS.sections[at])])),
  };
  made.set(name, release);
  return release;
}

function commandAt(at: number): CommandSpec {
  const pooled = POOLS.commands[at];
  if (pooled === undefined) throw new RangeError(`releases.json has no command ${at}`);
  const { options, ...command } = pooled;
  return { ...command, ...(options === undefined ? { hasOptions: false } : {}), options: optionsAt(options) };
}

function optionsAt(numbers: readonly number[] = []): OptionSpec[] {
  return numbers.flatMap((at) => POOLS.options[at] ?? []);
}

/** Whether a later line of the same command, which does not say it again, sets this option back to its default. */
export function resets(spec: OptionSpec): boolean {
  if (spec.default === null) return false;
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
