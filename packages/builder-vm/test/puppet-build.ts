import { machineSetup } from './setup.ts';

/** A build in a machine, in a process of its own: prints the directory of its disks, and which phase it is in. */
await using at = await machineSetup();
await using build = at.build('hang');
console.log(at.folder);
for await (const event of build.events()) if (event.type === 'phase') console.log(event.phase);
