import * as z from 'zod';
import type { Manifest } from './manifest.ts';

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
  /** What the user chose. */
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
}

/** Name of the material that is the flat kickstart. */
const kickstartMaterial = 'flat kickstart';
/** Name of the material that is the builder's image. */
const builderMaterial = "builder's image";

/** What a statement says that the manifest does not. */
export interface ProvenanceInput {
  /** All files of the result by path, with their SHA-256. */
  subject: Readonly<Record<string, string>>;
  /** What the caller chose, beside what the manifest has. */
  parameters: Record<string, unknown>;
  materials: readonly Material[];
  /** Program and version. */
  tools: Readonly<Record<string, string>>;
  invocationId: string;
}

/** The statement of a result: what the manifest says, and what only the statement does. Pure. */
export function provenanceOfResult(manifest: Manifest, input: ProvenanceInput): Provenance {
  const { iso, builder, kickstart, project, releasever, profile, labels, engine, argv, sourceDateEpoch } = manifest;
  return provenanceOf({
    subject: input.subject,
    parameters: { project, releasever, volid: iso.volid, isoName: iso.name, profile, labels, ...input.parameters },
    internal: { argv, ...(sourceDateEpoch === undefined ? {} : { sourceDateEpoch }) },
    kickstartSha256: kickstart.sha256,
    materials: input.materials,
    builder,
    tools: { [engine.kind]: engine.version, ...input.tools },
    invocationId: input.invocationId,
    startedAt: new Date(manifest.startedAt),
    finishedAt: new Date(manifest.finishedAt),
  });
}

/** What a statement says that no manifest does, to make it again of one. Pure. */
export function inputOf(statement: Provenance, manifest: Manifest): Omit<ProvenanceInput, 'subject'> {
  const { externalParameters, resolvedDependencies } = statement.predicate.buildDefinition;
  const { builder, metadata } = statement.predicate.runDetails;
  const tools = Object.entries(builder.version).filter(([name]) => name !== manifest.engine.kind);
  const own = ['extraBootArgs', 'dracutArgs'];
  const builderAt = resolvedDependencies.findIndex(({ name }) => name === builderMaterial);
  return {
    parameters: Object.fromEntries(Object.entries(externalParameters).filter(([key]) => own.includes(key))),
    materials: resolvedDependencies.slice(1, Math.max(1, builderAt)),
    tools: Object.fromEntries(tools),
    invocationId: metadata.invocationId,
  };
}

/** The statement of where an ISO comes from, unsigned. Pure. */
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
      byproducts: [],
    },
  },
});
