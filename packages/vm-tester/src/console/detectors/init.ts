import type { Detector } from './detector.ts';

/**
 * Other programs than systemd that are process 1, on the console as they have no journal: OpenRC, sysvinit, BusyBox, runit.
 * Sources of the words: OpenRC's openrc-run.c, sysvinit's init.c and startpar.c, Debian's lsb-base, runit.c and runsv.c.
 */
export const INIT_DETECTORS: readonly Detector[] = [
  {
    id: 'openrc',
    speaker: 'init',
    pattern:
      /^\s*\* (ERROR: (\S+ failed to start|cannot start \S+ as |\S+ needs service\(s\) )|(start-stop|supervise)-daemon: failed to start )/,
    cause: 'failed-unit',
    severity: 'fail',
  },
  {
    id: 'sysvinit',
    speaker: 'init',
    pattern:
      /^INIT: (Id "?\S+"? respawning too fast|no more processes left in this runlevel|cannot execute )|^startpar: service\(s\) returned failure|^\[FAIL\] |^(Starting|Mounting|Bringing up|Activating) .*\[FAILED\]$/,
    cause: 'failed-unit',
    severity: 'fail',
  },
  {
    id: 'runsv',
    speaker: 'init',
    pattern: /^(runsv(dir)? \S+|s6-\S+): fatal: /,
    cause: 'failed-unit',
    severity: 'fail',
  },
  {
    // Void's and KISS's first stage; others offer a shell in place of a system in like words.
    id: 'init-shell',
    speaker: ['init', 'initramfs'],
    pattern:
      /^(=> )?((Cannot continue due to errors above|Init system encountered an error), starting|(Starting|Launching|Dropping (you )?(in)?to) (an? )?)\s*(emergency|rescue|recovery) shell/,
    cause: 'emergency-mode',
    severity: 'fatal',
    follows: true,
  },
  {
    id: 'no-inittab',
    speaker: 'init',
    pattern:
      /^INIT: (No inittab file found|PANIC: )|^- runit: fatal: |^can't run '\/(?=[^\s']*(openrc|rcS|init))[^\s']*'|^\s*\* rc: Aborting!/,
    cause: 'no-init',
    severity: 'fail',
  },
];
