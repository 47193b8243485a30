import { hash } from 'node:crypto';
import { join } from 'node:path';
import type { Builder, ContextFile, MachineNeeds } from '@phyllome/iso-builder';
import { rehearsalBuilder } from '@phyllome/rehearsal';
import { hostileLeaves } from '../../rehearsal/test/hostile/hostile.ts';

/** Runs every leaf's scripts as they are, one after the other; those that take all processes, and all memory, come last. */
const livemediaCreator = `#!/bin/sh
for option; do
  case $option in --logfile=*) echo 'Running anaconda.' | tee "\${option#*=}" >&2 ;; esac
done
echo "capabilities: $(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)" >&2
mkdir -p /mnt/sysimage/etc /mnt/sysimage/var
for leaf in $(cd /hostile && ls | grep -vx -e fork-bomb -e memory) memory fork-bomb; do
  timeout --signal=KILL 60 sh "/hostile/$leaf" </dev/null >&2
  echo "ended: $leaf $?" >&2
done
exit 1
`;

/**
 * The rehearsal's image with another livemedia-creator, which runs what hostile leaves have for scripts with all powers of root
 * and nothing around them.
 */
export function hostileBuilder(): Builder & { machine: MachineNeeds } {
  const rehearsal = rehearsalBuilder(join(import.meta.dirname, '../../../containers'));
  const files: ContextFile[] = [
    {
      path: 'Containerfile',
      content: 'ARG BUILDER\nFROM ${BUILDER}\nCOPY livemedia-creator /usr/bin/\nCOPY hostile /hostile\n',
    },
    { path: 'livemedia-creator', content: livemediaCreator, mode: 0o755 },
    ...hostileLeaves.map(({ name, text }) => ({ path: `hostile/${name}`, content: text.replaceAll(/^%.*$/gmu, '') })),
  ];
  const contextDigest = `sha256:${hash('sha256', rehearsal.contextDigest + JSON.stringify(files))}`;
  const { system } = rehearsal.machine;
  return {
    ...rehearsal,
    // All capabilities.
    privileges: { ...rehearsal.privileges, capDrop: [], capAdd: [] },
    limits: { processes: 512, memoryShare: 1 },
    machine: { memoryMiB: 1024, diskMiB: 4096, network: false, system, layer: { contextDigest, files } },
  };
}
