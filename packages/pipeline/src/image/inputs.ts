import { hash } from 'node:crypto';
import { codeDigest } from '../code.ts';
import { imageInputs } from '../image-inputs.ts';

/** What decides the bytes of an ISO, so far as it is known before it is built; code and libraries of ours apart. */
export interface Inputs {
  /** sha256 of the flat kickstart. */
  kickstart: string;
  builder: { name: string; contextDigest: string };
  /** Where it runs: in its image, or in the system of this machine, and in which. */
  executor: string;
  /** What the kickstart's scripts reach. */
  network: 'full' | 'none';
  profile: string;
  volid: string;
  /** The product's name. */
  project: string;
  extraBootArgs: string;
  /** Of an installer medium: its menu does not wait for a person. */
  unattended?: boolean;
  /** Seconds since the epoch. */
  sourceDateEpoch: number;
  /** sha256 of the installer that the medium is made of. */
  installer?: string | undefined;
  /** sha256 of what `phyllome refresh` recorded, if it did. */
  recorded?: string | undefined;
}

/**
 * The digest (`sha256:…`) by which the store finds an ISO of the same inputs. What Nx hashes for an `image` is here too:
 * see {@link imageInputs}.
 *
 * @param code digest of the code that builds
 */
export function inputsDigest(inputs: Inputs, code = codeDigest(imageInputs.code)): string {
  const { kickstart, builder, executor, network, profile, volid, project, sourceDateEpoch, recorded } = inputs;
  const { extraBootArgs, unattended, installer } = inputs;
  const decisive = {
    code,
    kickstart,
    builder: [builder.name, builder.contextDigest],
    executor,
    network,
    profile,
    volid,
    project,
    extraBootArgs,
    ...(unattended === true ? { unattended } : {}),
    sourceDateEpoch,
    ...(installer === undefined ? {} : { installer }),
    ...(recorded === undefined ? {} : { recorded }),
  };
  return `sha256:${hash('sha256', JSON.stringify(decisive))}`;
}
