/** The installation cannot go on. The message is what the installer shows between its two marks. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
}

/** A `%pre` script failed: anaconda itself runs them, and ends with an exception instead of a message. */
export class PreScriptError extends InstallError {}
