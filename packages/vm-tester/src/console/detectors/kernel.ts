import type { Detector } from './detector.ts';

/**
 * The kernel's own end, or what it says when a part of it has failed. Sources of the words: kernel/panic.c,
 * arch/*\/kernel/traps.c and dumpstack.c, mm/kasan/report.c, mm/page_alloc.c, mm/oom_kill.c, lib/dump_stack.c.
 */
export const KERNEL_DETECTORS: readonly Detector[] = [
  {
    id: 'no-root',
    speaker: 'kernel',
    pattern: /^(---\[ end )?Kernel panic - not syncing: VFS: Unable to mount root( fs| ")/,
    cause: 'root-not-found',
    severity: 'fatal',
  },
  {
    id: 'root-not-mounted',
    speaker: 'kernel',
    pattern: /^VFS: (Cannot open root device|Unable to mount root fs)|^Waiting for root device /,
    cause: 'root-not-found',
    severity: 'fail',
    until: 'initrd',
  },
  {
    id: 'init-not-run',
    speaker: 'kernel',
    pattern: /^Failed to execute \/(?=\S*init)\S* \(error|^Starting init: .* exists but couldn't execute it/,
    cause: 'no-init',
    severity: 'fail',
    until: 'switch-root',
  },
  {
    id: 'no-init',
    speaker: 'kernel',
    pattern: /^(---\[ end )?Kernel panic - not syncing: (No working init found|No init found|Requested init .* failed)/,
    cause: 'no-init',
    severity: 'fatal',
  },
  {
    id: 'panic-oom',
    speaker: 'kernel',
    pattern: /^(---\[ end )?Kernel panic - not syncing: (Out of memory|System is deadlocked on memory)/,
    cause: 'oom',
    severity: 'fatal',
  },
  {
    id: 'panic',
    speaker: 'kernel',
    pattern: /^(---\[ end )?Kernel panic - not syncing|^Attempted to kill init!/,
    cause: 'kernel-panic',
    severity: 'fatal',
  },
  {
    id: 'oops',
    speaker: 'kernel',
    pattern:
      /^Oops(:| -| \[#)|^KASAN: |^(watchdog: )?BUG:? (?!((soft|workqueue) lockup|KCSAN|sleeping function|MAX_))\S|^kernel BUG at|^Unable to handle kernel|^Internal error: |^general protection fault|^(traps: )?PANIC: |^[\w ,()/-]{1,60}: [0-9a-f]{4,16} \[#\d+\]|^Kernel stack is corrupted|^Thread overran stack|^(list_add|list_del|slab|SLUB?)\b.*corruption|^kernel stack overflow|^Insufficient stack space|^Bad mode in .* handler|^SError Interrupt on CPU|^kernel tried to execute (NX-protected|user) page|^unable to execute userspace code|^usercopy: Kernel memory (exposure|overwrite)|^(\S+: )?detected buffer overflow|^CFI failure at|^traps: Missing ENDBR|^Unhandled fault|^Unexpected kernel BRK exception/,
    cause: 'oops',
    severity: 'fatal',
  },
  // A grace period that was asked to be short takes milliseconds longer: a machine that hangs says more than that.
  {
    id: 'expedited-stall',
    speaker: 'kernel',
    pattern: /^(rcu: )?INFO: rcu_\w+ detected expedited stalls/,
    cause: 'lockup',
    severity: 'warn',
  },
  // On a busy host these are about the host; a guest that does not recover misses its deadline.
  {
    id: 'lockup',
    speaker: 'kernel',
    pattern:
      /^(watchdog: )?BUG: (soft|workqueue) lockup|^((NMI )?watchdog: )?(CPU\d+: )?Watchdog detected hard LOCKUP|^(NMI )?watchdog: BUG|^rcu: .*(stall|self-detected|starved)|^INFO: rcu_\w+ (self-)?detect|^(INFO: )?task .* blocked (for more than \d+ seconds|on a \w+ likely owned)/,
    cause: 'lockup',
    severity: 'warn',
  },
  {
    id: 'kernel-warning',
    speaker: 'kernel',
    pattern:
      /^WARNING: |^UBSAN: |^BUG: (KCSAN|sleeping function|MAX_LOCK)|^INFO: (possible |inconsistent lock state|suspicious RCU|trying to register non-static key)|^refcount_t: /,
    cause: 'oops',
    severity: 'warn',
  },
  {
    id: 'taint',
    speaker: 'kernel',
    pattern: /\b(taints kernel|tainting kernel)\b|^Disabling lock debugging due to kernel taint/,
    cause: 'oops',
    severity: 'warn',
  },
  {
    id: 'machine-check',
    speaker: 'kernel',
    pattern: /^(mce: )?\[Hardware Error\]: |^mce: \[Hardware Error\]|^EDAC .* (UE|CE) |^Machine check events logged/,
    cause: 'oops',
    severity: 'warn',
  },
  // Of the system. A cgroup that reaches its own limit is a unit's affair: whether that failed is asked at the end.
  {
    id: 'oom',
    speaker: 'kernel',
    pattern: /^Out of memory( \(\w+\))?(: Kill(ed)? process| and no killable)|^oom-kill:constraint=CONSTRAINT_NONE\b/,
    cause: 'oom',
    severity: 'fail',
  },
  {
    id: 'oom-in-cgroup',
    speaker: 'kernel',
    pattern: /^Memory cgroup out of memory|\binvoked oom-killer|^oom-kill:|\bpage allocation failure\b/,
    cause: 'oom',
    severity: 'warn',
  },
  {
    id: 'segfault',
    speaker: 'kernel',
    pattern:
      /^\S+\[\d+\]: (segfault (at [0-9a-f]+ ip|\(\d+\) at )|bad frame in|unhandled )|^traps: \S+\[\d+\] (trap|general protection)|^audit: type=1701 .*\bsig=(4|5|7|8|11|31)\b/,
    cause: 'coredump',
    severity: 'fail',
  },
  {
    id: 'avc',
    speaker: 'kernel',
    pattern: /^(audit: type=1400 (audit\(\S+\): ?)?|type=AVC msg=audit\(\S+\): |AVC )?avc: +denied(?!.*\bpermissive=1)/,
    cause: 'selinux-denial',
    severity: 'fail',
  },
  {
    id: 'avc-permissive',
    speaker: 'kernel',
    pattern: /^(audit: type=1400 (audit\(\S+\): ?)?|type=AVC msg=audit\(\S+\): |AVC )?avc: +denied.*\bpermissive=1/,
    cause: 'selinux-denial',
    severity: 'warn',
  },
];
