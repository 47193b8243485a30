import { InstallError } from '../../install/errors.ts';

/**
 * The storage that a kickstart asks for cannot be had on this machine. Known before a disk is touched; the message is
 * anaconda's where it has one.
 */
export class StorageRefusal extends InstallError {
  /** Line of the kickstart that asks for it, where one line does. */
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(message);
    this.line = line;
  }
}
