import type { Detector } from './detector.ts';

/**
 * The kernel's own end, or what it says when a part of it has failed. Sources of the words: kernel/panic.c,
 * arch/*\/kernel/traps.c and dumpstack.c, mm/kasan/report.c, mm/page_alloc.c, mm/oom_kill.c, lib/dump_stack.c.
 */
export const KERNEL_DETECTORS: readonly Detector[] = [
  {
    id: 'no-root',
    speaker: 'kernel',
    pattern: /^(---\[ end )?Kernel panic - not syncing: VFS: Unable to mount root fs/,
    cause: 'root-not-found',
    severity: 'fatal',
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
      /^Oops(:| -)|^(watchdog: )?BUG: (unable to handle|KASAN|KMSAN|KFENCE|Bad (page|rss|pud|pmd|pte)|stack guard page|using .* in preemptible|spinlock|rwlock|scheduling while atomic|non-zero|failure at|corrupted|TASK stack guard|Invalid wait context|held lock freed|kernel NULL)|^kernel BUG at|^Unable to handle kernel|^Internal error: |^general protection fault|^(double|stack|divide|page|bounds|alignment|unhandled|undefined)\b.*: [0-9a-f]{4,16} \[#\d+\]|^[\w ,()/-]{1,60}: [0-9a-f]{4,16} \[#\d+\]|^Kernel stack is corrupted|^(list_add|list_del|slab|SLUB?)\b.*corruption|^kernel stack overflow|^Insufficient stack space|^Bad mode in .* handler|^kernel tried to execute NX-protected page|^usercopy: Kernel memory (exposure|overwrite)|^Unhandled fault|^Unexpected kernel BRK exception/,
    cause: 'oops',
    severity: 'fatal',
  },
  // On a busy host these are about the host; a guest that does not recover misses its deadline.
  {
    id: 'lockup',
    speaker: 'kernel',
    pattern:
      /^(watchdog: )?BUG: (soft|workqueue) lockup|^watchdog: (BUG|Watchdog detected hard LOCKUP|CPU\d+: Watchdog)|^NMI watchdog: (BUG|Watchdog detected)|^rcu: .*(stall|self-detected|starved)|^INFO: rcu_\w+ (self-)?detect|^(INFO: )?task .* blocked for more than \d+ seconds/,
    cause: 'lockup',
    severity: 'warn',
  },
  {
    id: 'kernel-warning',
    speaker: 'kernel',
    pattern:
      /^WARNING: (CPU: \d+ PID: \d+ at |\S+:\d+ at )|^UBSAN: |^BUG: (KCSAN|sleeping function|MAX_LOCK)|^INFO: possible (circular|recursive)|^refcount_t: /,
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
    pattern: /^Out of memory(: Killed process| and no killable|: Kill process)|^oom-kill:constraint=CONSTRAINT_NONE\b/,
    cause: 'oom',
    severity: 'fail',
  },
  {
    id: 'oom-in-cgroup',
    speaker: 'kernel',
    pattern: /^Memory cgroup out of memory|\binvoked oom-killer/,
    cause: 'oom',
    severity: 'warn',
  },
  {
    id: 'segfault',
    speaker: 'kernel',
    pattern: /^\S+\[\d+\]: segfault at [0-9a-f]+ ip|^traps: \S+\[\d+\] (trap|general protection)/,
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
