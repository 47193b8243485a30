import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/u);
const resource = z.object({
  name: z.string().optional(),
  uri: z.string().optional(),
  digest: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** A source or a tool that went into a build: an in-toto ResourceDescriptor. */
export type Material = z.infer<typeof resource>;

/** `provenance.intoto.json`: an in-toto statement, version 1, with a SLSA provenance, version 1, as its predicate. */
export const provenanceSchema = z.object({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z.array(z.object({ name: z.string(), digest: z.object({ sha256 }) })).min(1),
  predicateType: z.literal('https://slsa.dev/provenance/v1'),
  predicate: z.object({
    buildDefinition: z.object({
      buildType: z.string(),
      externalParameters: z.record(z.string(), z.unknown()),
      internalParameters: z.record(z.string(), z.unknown()),
      resolvedDependencies: z.array(resource),
    }),
    runDetails: z.object({
      builder: z.object({ id: z.string(), version: z.record(z.string(), z.string()) }),
      metadata: z.object({ invocationId: z.string(), startedOn: z.iso.datetime(), finishedOn: z.iso.datetime() }),
      byproducts: z.array(resource),
    }),
  }),
});
export type Provenance = z.infer<typeof provenanceSchema>;

/** What a statement of provenance says. */
export interface ProvenanceFacts {
  /** Files by name, with their SHA-256. */
  subject: Readonly<Record<string, string>>;
  /** What whoever asked for the build chose. */
  parameters: Record<string, unknown>;
  /** What this package added. */
  internal: Record<string, unknown>;
  kickstartSha256: string;
  materials: readonly Material[];
  builder: { name: string; contextDigest: string; imageId: string };
  /** Program and version. */
  tools: Readonly<Record<string, string>>;
  invocationId: string;
  startedAt: Date;
  finishedAt: Date;
  /** Evidence that is not what the build was for, as logs are. */
  byproducts: Readonly<Record<string, string>>;
}

/** Name of the material that is the flat kickstart. */
export const kickstartMaterial = 'flat kickstart';
/** Name of the material that is the builder's image. */
export const builderMaterial = "builder's image";

/** The statement of where an ISO comes from, unsigned: `cosign attest-blob` and the like can sign it. Pure. */
export const provenanceOf = (facts: ProvenanceFacts): Provenance => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: Object.entries(facts.subject).map(([name, digest]) => ({ name, digest: { sha256: digest } })),
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {
    buildDefinition: {
      buildType: 'urn:phyllome:livemedia-creator:1',
      externalParameters: facts.parameters,
      internalParameters: facts.internal,
      resolvedDependencies: [
        { name: kickstartMaterial, digest: { sha256: facts.kickstartSha256 } },
        ...facts.materials,
        {
          name: builderMaterial,
          uri: `urn:phyllome:builder:${facts.builder.name}`,
          digest: { sha256: facts.builder.contextDigest.replace(/^sha256:/u, '') },
          annotations: { imageId: facts.builder.imageId },
        },
        ...Object.entries(facts.tools).map(([name, version]) => ({ name, annotations: { version } })),
      ],
    },
    runDetails: {
      builder: { id: `urn:phyllome:builder:${facts.builder.name}`, version: { ...facts.tools } },
      metadata: {
        invocationId: facts.invocationId,
        startedOn: facts.startedAt.toISOString(),
        finishedOn: facts.finishedAt.toISOString(),
      },
      byproducts: Object.entries(facts.byproducts).map(([name, digest]) => ({ name, digest: { sha256: digest } })),
    },
  },
});
