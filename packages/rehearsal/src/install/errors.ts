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

/** A `%pre` script failed: anaconda itself runs them, and ends with an exception instead of a message. */
export class PreScriptError extends InstallError {}
