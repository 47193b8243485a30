import { PackageURL } from 'packageurl-js';
import * as z from 'zod';
import type { Checksummed } from './checksum-file.ts';
import type { PackageList } from './packages.ts';

/** What this package reads back of its own `sbom.spdx.json`; SPDX 2.3 allows more. */
export const spdxSchema = z.object({
  spdxVersion: z.literal('SPDX-2.3'),
  dataLicense: z.literal('CC0-1.0'),
  SPDXID: z.literal('SPDXRef-DOCUMENT'),
  name: z.string().min(1),
  documentNamespace: z.url(),
  creationInfo: z.object({ created: z.iso.datetime(), creators: z.array(z.string()).min(1) }),
  documentDescribes: z.array(z.string()).min(1),
  packages: z.array(
    z.object({
      SPDXID: z.string().regex(/^SPDXRef-[A-Za-z0-9.-]+$/u),
      name: z.string().min(1),
      versionInfo: z.string().optional(),
      packageFileName: z.string().optional(),
      downloadLocation: z.string(),
      filesAnalyzed: z.literal(false),
      licenseConcluded: z.string(),
      licenseDeclared: z.string(),
      copyrightText: z.string(),
      primaryPackagePurpose: z.literal('OPERATING_SYSTEM').optional(),
      checksums: z.array(z.object({ algorithm: z.literal('SHA256'), checksumValue: z.string() })).optional(),
      externalRefs: z
        .array(
          z.object({
            referenceCategory: z.literal('PACKAGE-MANAGER'),
            referenceType: z.literal('purl'),
            referenceLocator: z.string().startsWith('pkg:'),
          }),
        )
        .optional(),
    }),
  ),
  relationships: z.array(
    z.object({
      spdxElementId: z.string(),
      relatedSpdxElement: z.string(),
      relationshipType: z.enum(['DESCRIBES', 'CONTAINS']),
    }),
  ),
});
export type Spdx = z.infer<typeof spdxSchema>;

const imageId = 'SPDXRef-image';

/** Licenses are not looked into: `NOASSERTION`, in SPDX's words. */
const unknown = {
  downloadLocation: 'NOASSERTION',
  filesAnalyzed: false,
  licenseConcluded: 'NOASSERTION',
  licenseDeclared: 'NOASSERTION',
  copyrightText: 'NOASSERTION',
} as const;

/**
 * The bill of materials of an ISO: SPDX 2.3, one package for the ISO that contains one for each installed package. The
 * same ISO, list and time give the same document. Pure.
 *
 * @param created the time that the document bears: of the sources, where builds are to be repeatable
 */
export function spdxOf(iso: Checksummed, list: PackageList, project: string, created: Date): Spdx {
  const packages = list.packages.map((one, index) => ({
    SPDXID: `SPDXRef-package-${index + 1}-${one.name.replaceAll(/[^A-Za-z0-9.-]/gu, '-')}`,
    name: one.name,
    versionInfo: one.version,
    ...unknown,
    externalRefs: [
      {
        referenceCategory: 'PACKAGE-MANAGER' as const,
        referenceType: 'purl' as const,
        referenceLocator: purlOf(one, list),
      },
    ],
  }));
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: iso.name,
    // A unique name for the document: it follows from what it describes.
    documentNamespace: `urn:phyllome:sbom:sha256:${iso.sha256}`,
    creationInfo: {
      created: created.toISOString().replace(/\.\d+Z$/u, 'Z'),
      creators: [`Organization: ${project}`, 'Tool: phyllome-iso-builder'],
    },
    documentDescribes: [imageId],
    packages: [
      {
        SPDXID: imageId,
        name: project,
        versionInfo: list.release,
        packageFileName: iso.name,
        ...unknown,
        primaryPackagePurpose: 'OPERATING_SYSTEM',
        checksums: [{ algorithm: 'SHA256', checksumValue: iso.sha256 }],
      },
      ...packages,
    ],
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relatedSpdxElement: imageId, relationshipType: 'DESCRIBES' },
      ...packages.map(({ SPDXID }) => ({
        spdxElementId: imageId,
        relatedSpdxElement: SPDXID,
        relationshipType: 'CONTAINS' as const,
      })),
    ],
  };
}

/** Package URLs have an rpm's epoch as a qualifier, a deb's in its version (purl-spec, `types/`). */
function purlOf(
  { name, version, arch }: PackageList['packages'][number],
  { type, distribution, release }: PackageList,
): string {
  const [, epoch, rest = version] = type === 'rpm' ? (/^(\d+):(.*)$/u.exec(version) ?? []) : [];
  const qualifiers = {
    ...(arch === undefined ? {} : { arch }),
    distro: `${distribution}-${release}`,
    ...(epoch === undefined ? {} : { epoch }),
  };
  return new PackageURL(type, distribution, name, rest, qualifiers, undefined).toString();
}
