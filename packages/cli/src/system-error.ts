/** What the operating system said no to, in words: no bug of ours, and nothing to report. */
export interface SystemRefusal {
  /** errno's name, as `EACCES`. */
  code: string;
  /** Why, as `permission denied`. */
  reason: string;
  /** What could not be done, to what, and why. */
  message: string;
  hint: string;
  /** Whether the command line asks for what cannot be, or the machine lacks something. */
  fault: 'usage' | 'environment';
}

/** errno(3), of those that a path, a permission or a full disk brings about; the rest are bugs until shown otherwise. */
export const refusals: Readonly<Record<string, Omit<SystemRefusal, 'code' | 'message'>>> = {
  EACCES: {
    reason: 'permission denied',
    hint: 'change its owner or permissions, or name another place',
    fault: 'environment',
  },
  EDQUOT: { reason: 'disk quota exceeded', hint: 'make room, or name another place', fault: 'environment' },
  EEXIST: { reason: 'something else of that name is in its place', hint: 'name another place', fault: 'usage' },
  EIO: { reason: 'input/output error', hint: 'the disk may be failing: see the kernel log', fault: 'environment' },
  EISDIR: { reason: 'it is a directory', hint: 'name a file', fault: 'usage' },
  ELOOP: { reason: 'its symbolic links lead in a circle', hint: 'name the file they should lead to', fault: 'usage' },
  ENAMETOOLONG: { reason: 'the name is too long', hint: 'choose a shorter one', fault: 'usage' },
  ENOSPC: { reason: 'no space left on the disk', hint: 'make room, or name another place', fault: 'environment' },
  ENOTDIR: {
    reason: 'a part of the path is a file, not a directory',
    hint: 'name a path that can be',
    fault: 'usage',
  },
  EPERM: {
    reason: 'not permitted',
    hint: 'change its owner or permissions, or name another place',
    fault: 'environment',
  },
  EROFS: {
    reason: 'the file system can only be read',
    hint: 'name a place that can be written',
    fault: 'environment',
  },
};

/** An error of Node's own functions, as they have it when the system refused. Ours have a hint. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException & { dest?: string } =>
  error instanceof Error && 'code' in error && 'syscall' in error && !('hint' in error);

/** What an error of Node's file functions says to people; undefined for any other error. */
export function systemRefusal(error: unknown): SystemRefusal | undefined {
  if (!isSystemError(error) || error.code === undefined) return undefined;
  const { code, syscall, path, dest } = error;
  const known = refusals[code];
  if (known === undefined) return undefined;
  const where = [path, dest].filter((name) => name !== undefined).join(' to ');
  return { ...known, code, message: `cannot ${syscall}${where && ` ${where}`}: ${known.reason}` };
}
