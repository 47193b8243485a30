import { machineSetup } from './setup.ts';

/**
 * A build in a machine, in a process of its own: prints the directory of its disks, and which phase it is in, or the lines
 * of the console. PUPPET_ACTION: what the puppet does; else it hangs.
 */
await using at = await machineSetup();
await using build = at.build(process.env['PUPPET_ACTION'] ?? 'hang');
console.log(at.folder);
for await (const event of build.events()) {
  if (event.type === 'phase') console.log(event.phase);
  if (event.type === 'log') console.log(event.line);
}
