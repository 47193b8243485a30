import { accessSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Why tests with a TPM are left out here; undefined where they are not: in CI they never are. */
export const WITHOUT_SWTPM: string | undefined =
  process.env['CI'] === 'true' || (process.env['PATH'] ?? '').split(delimiter).some(holdsSwtpm)
    ? undefined
    : 'swtpm is not installed; CI=true ./setup brings it';

function holdsSwtpm(directory: string): boolean {
  try {
    accessSync(join(directory, 'swtpm'));
    return true;
  } catch {
    return false;
  }
}
