/**
 * Builds an ISO: runs livemedia-creator in a container of Docker or Podman, or on this machine, and brings back the image
 * with its evidence (checksums, manifest, packages, provenance, logs). For programs that have a flat kickstart and want a
 * verifiable ISO, or the reason why there is none. It is not a livemedia-creator of its own, does not read kickstarts
 * beyond what lorax needs, and does not boot what it builds: that is for vm-tester.
 */
export { buildIso } from './build/build.ts';
export { menuReplacements } from './build/installer-menu.ts';
export type { BuildEvent, BuildEventBody, Phase } from './progress/build-event.ts';
export { phases } from './progress/build-event.ts';
export type {
  Builder,
  Cache,
  ContextFile,
  MachineLayer,
  MachineNeeds,
  MachineSystem,
  Privileges,
} from './build/builder.ts';
export { keepLogs } from './container/archive.ts';
export { removeCaches } from './container/caches.ts';
export { exportImage } from './container/export.ts';
export type { BuilderImage } from './container/builder-image.ts';
export { ensureImage } from './container/image.ts';
export { inContainer } from './container/paths.ts';
export { receive } from './container/receive.ts';
export { runInBuilder } from './container/run-in-builder.ts';
export type { TarEntry } from './container/tar.ts';
export { entriesOf, tarOf } from './container/tar.ts';
export { connectEngine } from './engine/connect.ts';
export type { AnyEngine, BuildEngine, Engine, HostEngine, MachineEngine } from './engine/engine.ts';
export { openEngine } from './engine/open.ts';
export type { Evidence, IsoBuildErrorCode } from './errors.ts';
export { IsoBuildError } from './errors.ts';
export { cleartextOf } from './evidence/checksum-file.ts';
export type { PackageList } from './evidence/packages.ts';
export type { Material } from './evidence/provenance.ts';
export type { Check, CheckName, Verification, VerifyOptions } from './evidence/verify-directory.ts';
export { verifyDirectory } from './evidence/verify-directory.ts';
export type { FailureCause } from '@phyllome/installer';
export { readMenus } from './evidence/verify-installer.ts';
export type { IsoFacts } from './evidence/verify-iso.ts';
export type { LoraxBase } from './build/lorax.ts';
export { loraxBuilder } from './build/lorax.ts';
export type { Attempt, Executor, ExecutorOptions, Job, RunOptions, RunOutcome } from './executor/executor.ts';
export { hostSystem, hostSystemFiles } from './executor/host-system.ts';
export type { Isolation } from './executor/isolation.ts';
export { chooseIsolation, isLeftOpen, isolationOf, isolations } from './executor/isolation.ts';
export type { LivemediaCreatorOptions, LivemediaProfile, Medium } from './executor/livemedia-creator.ts';
export { waitOrStop } from './executor/stop.ts';
export type { Manifest } from './evidence/manifest.ts';
export { manifestSchema, readManifest, resultFiles } from './evidence/manifest.ts';
export type { BuildIsoOptions, InstallerSource, IsoBuild, IsoResult } from './build/options.ts';
export type { PreflightCheck, PreflightId } from './preflight/check.ts';
export type { KernelNeeds } from './build/builder.ts';
export { preflight } from './preflight/preflight.ts';
export { freeBytes, judgeSpace } from './preflight/space.ts';
export { lineSink } from './progress/lines.ts';
export { reapLeftovers, reapPartialResults } from './build/reap.ts';
