import type { Detector } from './detector.ts';

/** Other programs than systemd that are process 1, on the console as they have no journal: OpenRC, sysvinit, BusyBox. */
export const INIT_DETECTORS: readonly Detector[] = [
  {
    id: 'openrc',
    speaker: 'init',
    pattern: /^\s*\* (ERROR: \S+ failed to start|ERROR: cannot start \S+ as |Filesystems couldn't be fixed)/,
    cause: 'failed-unit',
    severity: 'fail',
  },
  {
    id: 'sysvinit',
    speaker: 'init',
    pattern: /^INIT: Id "?\S+"? respawning too fast/,
    cause: 'failed-unit',
    severity: 'fail',
  },
  {
    id: 'no-inittab',
    speaker: 'init',
    pattern: /^INIT: No inittab file found|^can't run '\/\S*(openrc|rcS|init)\S*'|^\s*\* rc: Aborting!/,
    cause: 'no-init',
    severity: 'fail',
  },
];
