import { findProgram } from '@phyllome/host';

/** Why tests with a TPM are left out here; undefined where they are not: in CI they never are. */
export const WITHOUT_SWTPM: string | undefined =
  process.env['CI'] === 'true' || findProgram('swtpm', process.env) !== undefined
    ? undefined
    : 'swtpm is not installed; CI=true ./setup brings it';
