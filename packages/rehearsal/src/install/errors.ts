/** The installation cannot go on. The message is what the installer shows between its two marks. */
export class InstallError extends Error {
  override readonly name: string = 'InstallError';
  /** What to do about it, where anaconda would not know: printed after its words, as the rehearsal's own. */
  readonly advice: readonly string[];

  constructor(message: string, options: ErrorOptions & { advice?: readonly string[] } = {}) {
    super(message, options);
    this.advice = options.advice ?? [];
  }
}

/** A script with `--erroronfail` failed. The message is what anaconda shows when it installs into a directory. */
export class ScriptFailed extends InstallError {
  /** By which anaconda names it. */
  readonly number: number;
  /** Its last lines. */
  readonly output: readonly string[];

  constructor(message: string, { number, output }: { number: number; output: readonly string[] }) {
    super(message);
    this.number = number;
    this.output = output;
  }
}

/** A `%pre` script failed: anaconda itself runs them, and ends with an exception instead of a message. */
export class PreScriptError extends ScriptFailed {}
