import { type Verification, verifyDirectory, type VerifyOptions } from '@phyllome/iso-builder';
import { recordContradictions, recordFile } from '../record.ts';

/** Where `phyllome test-vm` puts what it found: it is of the ISO, and not of its build. */
const verdicts = 'test-vm';

/** Checks a result of {@link buildImage}, `image.json` included: see {@link verifyDirectory}. */
export function verifyResult(
  directory: string,
  options: Pick<VerifyOptions, 'signal' | 'iso' | 'additions'> = {},
): Promise<Verification> {
  return verifyDirectory(directory, {
    ...options,
    documents: { [recordFile]: recordContradictions },
    foreign: [verdicts],
  });
}
