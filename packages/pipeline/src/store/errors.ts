import { codeOf, type CodeTable, errorWith } from '@phyllome/host';

/** Whose turn it is, by the code of what the store refuses. The codes are stable. */
const codes = {
  STORE_UNWRITABLE: ['environment', "It is read-only, or another user's."],
  STORE_FULL: ['environment', 'It has no space left.'],
  STORE_INVALID: [
    'environment',
    'What is there is not an image layout, or has symbolic links where directories should be.',
  ],
  BLOB_DIFFERS: ['no', 'A file that was to enter is not what its digest says.'],
} as const satisfies CodeTable;

export type StoreErrorCode = keyof typeof codes;

/** What the store refuses. */
export class StoreError extends errorWith(codes) {
  override readonly name = 'StoreError';
}

const elsewhere = 'or set PHYLLOME_STORE to another place';

/** What a refusal of the system means for the store; any other error as it is. */
export function asStoreError(root: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new StoreError('STORE_FULL', `the image store ${root} is full`, {
      hint: `phyllome store gc makes room; ${elsewhere}`,
      cause: error,
    });
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM')
    return new StoreError('STORE_UNWRITABLE', `the image store ${root} cannot be written: ${code}`, {
      hint: `make it writable for this user, ${elsewhere}`,
      cause: error,
    });
  return error;
}
