/**
 * What livemedia-creator asks of a kickstart for `--make-iso --no-virt`, and of its options (lorax,
 * `src/pylorax/creator.py`, `run_creator` and `check_kickstart`; `src/sbin/livemedia-creator`, `main`). The flattener
 * reports it before a build, the rehearsal refuses by it.
 */

/** The package that `%packages` must name, by this name: a group that has it is not enough. */
export const LIVE_PACKAGE = 'dracut-live';

/** The commands one of which must say where packages come from. */
export const LIVE_METHODS = ['url', 'nfs', 'ostreesetup'] as const;

/** Commands that may not be there: livemedia-creator sets the display mode itself. */
export const DISPLAY_MODES = ['text', 'cmdline', 'graphical'] as const;

/** ISO 9660 gives the volume id so many bytes. */
export const MAX_VOLUME_ID_LENGTH = 32;
