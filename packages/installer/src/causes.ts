/**
 * Why an installation or the making of a live medium failed: one list for lorax, for anaconda inside it and for anaconda
 * in a machine of its own. Stable: scripts match on these.
 */
export type FailureCause =
  /** The kickstart cannot be used: refused by lorax, not parsed by anaconda, or it leaves a question open. */
  | 'kickstart'
  /** There is none where the installer looks for it. */
  | 'kickstart-missing'
  /** A `%pre`, `%pre-install` or `%post` script failed. */
  | 'script'
  /** A package that the kickstart names, or that another one needs, is in no repository. */
  | 'package-missing'
  /** Two packages exclude each other, or own the same file. */
  | 'package-conflict'
  /** The packages are not those of the lock file. */
  | 'package-lock'
  | 'group-missing'
  /** A scriptlet of a package failed. */
  | 'scriptlet'
  /** The packages could not be installed, for another or an unknown reason. */
  | 'packages'
  /** A unit that `services` names cannot be enabled or disabled. */
  | 'unit-missing'
  /** A repository cannot be used: unreachable, without metadata, or without one of its packages. */
  | 'mirror'
  /** The installer's own system cannot be had. */
  | 'installer-missing'
  | 'storage'
  /** The new system's file system is full. */
  | 'space-root'
  /** `--tmp` is full. */
  | 'space-tmp'
  /** The disk of the machine that builds is full. */
  | 'space-engine'
  /** The kernel has no loop devices, or none that is free. */
  | 'loop'
  | 'vfat'
  /** The engine did not grant what the builder needs. */
  | 'privileges'
  | 'dracut'
  /** lorax could not make the boot medium. */
  | 'template'
  | 'bootloader'
  | 'out-of-memory'
  | 'hardware'
  /** The kernel of the machine failed. */
  | 'kernel'
  | 'killed'
  /** Somebody interrupted it. */
  | 'interrupted'
  | 'timeout'
  /** lorax did not take its options. */
  | 'arguments'
  /** The installer gave up with a message that nothing here knows. */
  | 'installer-stopped'
  | 'installer-crashed'
  | 'ended-early'
  | 'unknown';
