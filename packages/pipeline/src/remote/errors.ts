import { errorWith, type Fault } from '@phyllome/host';

/** Whose turn it is, by the code of what goes wrong with the remote store. The codes are stable. */
const faults = {
  /** The registry does not answer, or not as a registry does. */
  REMOTE_UNREACHABLE: 'environment',
  /** The registry asks for a login, or the user may not do this there. */
  REMOTE_DENIED: 'environment',
  /** The registry or skopeo refused for another reason, which the message has. */
  REMOTE_FAILED: 'environment',
  /** An entry that was pulled is not what it should be: nothing of it was used. */
  REMOTE_WRONG: 'no',
  /** The registry has no image of these inputs. */
  REMOTE_LACKS_IMAGE: 'no',
  /** The remote store is read-only here. */
  REMOTE_READ_ONLY: 'usage',
  /** No remote store is named. */
  NO_REMOTE_STORE: 'usage',
} as const satisfies Record<string, Fault>;

export type RemoteErrorCode = keyof typeof faults;

/** What the remote store refuses, or what is refused of it. */
export class RemoteError extends errorWith(faults) {
  override readonly name = 'RemoteError';
}
