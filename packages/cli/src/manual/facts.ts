import type { exitCodes } from '../exit-codes.ts';

/** What the manual says of the program as a whole. */
export const description =
  'Turns kickstart leaves into tested, bootable Phyllome OS images: flattens them, builds ISOs of them in a container, and judges those under QEMU. Every error has a stable code, and says what happened, to what, where, and what to do next.';

/** What each exit code means. */
export const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'done; the image is accepted',
  no: 'the check or the build failed, or the image was rejected',
  usage: 'something asked for does not exist or is not allowed',
  environment: 'the machine lacks something: an engine, QEMU, network, space',
  inconclusive: 'the image could not be judged',
  sigint: 'interrupted by Ctrl-C',
  sigterm: 'ended by SIGTERM',
};

/** Environment variables that the program reads, and what for. `.env.local` of a checkout may set those of the project. */
export const variables: Readonly<Record<string, string>> = {
  PHYLLOME_BUILDER:
    'fedora (for other projects almalinux, rocky or centos) or rehearsal: the container image that builds',
  PHYLLOME_ENGINE: 'as --engine of build',
  PHYLLOME_EXTRA_BOOT_ARGS: 'as --extra-boot-args of build',
  PHYLLOME_GPG_KEY: 'the OpenPGP key that signs CHECKSUM',
  PHYLLOME_ISOLATION: 'as --isolation of build',
  PHYLLOME_LOCK: 'exact: a rehearsal of other packages than the locked ones fails; prefer is the default',
  PHYLLOME_NETWORK: "none: a rehearsal's scripts have no network; full is the default",
  PHYLLOME_PASSPHRASE_FILE: 'as --passphrase-file of deploy',
  PHYLLOME_PROXY: 'as --proxy of build',
  PHYLLOME_REHEARSAL_CACHE: 'in the rehearsal builder: where packages are kept between builds',
  PHYLLOME_REMOTE_KEY: 'a public key: images of the remote store that it did not sign are not taken',
  PHYLLOME_REMOTE_STORE: 'a repository of an OCI registry, from which images are fetched',
  PHYLLOME_REMOTE_STORE_MODE: 'read, write or off: what is done with the remote store',
  PHYLLOME_SCRIPT_TIMEOUT: 'seconds that a script of a rehearsal may take',
  PHYLLOME_SIGNING: 'required: an unsigned release is neither built nor published; optional is the default',
  PHYLLOME_SIGNING_KEY: 'the key, in PEM, that signs the provenance',
  PHYLLOME_STORE: 'where the image store is; ~/.cache/phyllome/store without it',
  PHYLLOME_TIMEOUT: 'as --timeout of build',
  PHYLLOME_UNATTENDED: 'as --unattended of build',
};
