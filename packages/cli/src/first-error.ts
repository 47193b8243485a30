/** What failed first, where the clean-up after it failed as well: `await using` then throws both in one. */
export const firstError = (error: unknown): unknown =>
  error instanceof SuppressedError ? firstError(error.suppressed) : error;
