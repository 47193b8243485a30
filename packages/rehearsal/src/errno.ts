/** Whether the system said no for this reason: `ENOENT`, `ESRCH`, … */
export const isErrno = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
