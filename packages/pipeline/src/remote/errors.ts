import { type CodeTable, errorWith } from '@phyllome/host';

/** Whose turn it is, by the code of what goes wrong with the remote store. The codes are stable. */
const codes = {
  REMOTE_UNREACHABLE: ['environment', 'The registry does not answer, or not as a registry does.'],
  REMOTE_DENIED: ['environment', 'The registry asks for a login, or the user may not do this there.'],
  REMOTE_FAILED: ['environment', 'The registry or skopeo refused for another reason, which the message has.'],
  REMOTE_WRONG: ['no', 'An entry that was pulled is not what it should be: nothing of it was used.'],
  REMOTE_LACKS_IMAGE: ['no', 'The registry has no image of these inputs.'],
  REMOTE_READ_ONLY: ['usage', 'The remote store is read-only here.'],
  NO_REMOTE_STORE: ['usage', 'No remote store is named.'],
} as const satisfies CodeTable;

export type RemoteErrorCode = keyof typeof codes;

/** What the remote store refuses, or what is refused of it. */
export class RemoteError extends errorWith(codes) {
  override readonly name = 'RemoteError';
}
