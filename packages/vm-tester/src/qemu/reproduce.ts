import { shellQuote } from '@phyllome/host';
import type { Host } from '../host/probe.ts';
import type { Ovmf } from './firmware.ts';
import { commandLine } from './command-line.ts';
import type { CommandLineOptions } from './command-line.ts';
import type { Medium } from './media.ts';

/**
 * A shell script that runs the same machine on a terminal, without the tester: its instruments are left out, and what
 * was made for the run, as the firmware's variables and an empty disk, the script makes anew.
 */
export function reproduceScript(
  host: Host,
  machine: CommandLineOptions,
  made: { ovmf: Ovmf | undefined; diskMiB: number },
): string {
  const argv = commandLine({
    ...machine,
    medium: withoutOverlay(machine.medium),
    scratch: machine.scratch === undefined ? undefined : '@DIRECTORY@/scratch.qcow2',
    uefi: machine.uefi && { ...machine.uefi, vars: '@DIRECTORY@/vars.fd' },
    tpm: machine.tpm === undefined ? undefined : '@DIRECTORY@/tpm',
    serial: 'stdio',
    debugcon: 'null',
    qmp: 'null',
    ports: [],
    oemStrings: [],
    // The others on a private network, and what a server of ours had, are not there any more.
    network: typeof machine.network === 'object' ? 'user' : machine.network,
    capture: undefined,
  });
  const words = [host.qemu.path, ...argv].map((word) => shellQuote(word).replaceAll('@DIRECTORY@', `'"$made"'`));
  const makes = [
    ...(made.ovmf ? [`cp ${shellQuote(made.ovmf.vars)} "$made/vars.fd"`] : []),
    ...(machine.scratch === undefined ? [] : [`qemu-img create -q -f qcow2 "$made/scratch.qcow2" ${made.diskMiB}M`]),
    ...(machine.tpm === undefined
      ? []
      : ['swtpm socket --tpm2 --tpmstate "dir=$made" --ctrl "type=unixio,path=$made/tpm" --terminate --daemon']),
  ];
  return [
    '#!/bin/sh',
    '# The machine of this run, without the tester. Its serial console is this terminal; Ctrl-C ends it.',
    ...(makes.length > 0 ? ['made=$(mktemp -d)', `trap 'rm -rf "$made"' EXIT`, ...makes] : []),
    `${words.join(' \\\n  ')} "$@"`,
    '',
  ].join('\n');
}

function withoutOverlay(medium: Medium | undefined): Medium | undefined {
  return medium && !('iso' in medium) ? { ...medium, overlay: undefined } : medium;
}
