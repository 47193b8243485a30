/** The installation cannot go on. The message is what the installer shows between its two marks. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
}
