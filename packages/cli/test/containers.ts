import { connectEngine } from '@phyllome/iso-builder';

/** The ids of all containers of builds on the engine that the command line uses by itself. */
export async function containers(): Promise<string[]> {
  await using engine = await connectEngine({ env: process.env });
  const all = await engine.docker.listContainers({ all: true, filters: { label: ['org.phyllome.session'] } });
  return all.map(({ Id }) => Id);
}
