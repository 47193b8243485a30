/**
 * Whether all that systemd is doing now is to run these units, with everything else waiting for them.
 *
 * @param jobs what `systemctl list-jobs --plain --no-legend` prints: id, unit, type, state
 */
export function waitsOnlyFor(jobs: string, units: readonly string[]): boolean {
  const running = jobs
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([, unit, , state]) => (unit !== undefined && state === 'running' ? [unit] : []));
  return running.length > 0 && running.every((unit) => units.includes(unit));
}
