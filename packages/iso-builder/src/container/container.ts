import type Docker from 'dockerode';
import type { Builder, Cache, Privileges } from '../build/builder.ts';
import type { Engine } from '../engine/engine.ts';
import { hold, ownOwner } from '@phyllome/host';
import { cacheBinds, cachesIn, ensureCaches } from './caches.ts';
import { builderLabel, ownerLabel, sessionLabel } from './labels.ts';
import { limitsOf } from './limits.ts';
import { deviceGrants, nodesToName } from './loop-devices.ts';
import { inContainer, rootInContainer } from './paths.ts';
import { removeContainer } from './remove.ts';
import { infoOf, request } from './requests.ts';
import { tarOf } from './tar.ts';
import { userNamespaceFor } from './user-namespace.ts';

/**
 * Podman gives containers its own limits, higher than what it may set where it does not run with all capabilities
 * (`setrlimit RLIMIT_NOFILE: Operation not permitted`). These are what any system grants, and plenty: rpm even gets
 * slow with huge ones, because it closes every possible descriptor.
 */
const podmanUlimits = [
  { Name: 'nofile', Soft: 1024, Hard: 1024 },
  { Name: 'nproc', Soft: 4096, Hard: 4096 },
];

/** A created container of one build, removed when disposed of, in whatever state it is. */
export interface BuildContainer extends AsyncDisposable {
  readonly container: Docker.Container;
  readonly name: string;
}

/**
 * Creates the container whose only process is livemedia-creator or mkksiso, and puts its inputs into it. It is not started.
 *
 * @throws {IsoBuildError} ENGINE_REFUSED, ENGINE_LOST
 */
export async function createContainer(
  engine: Engine,
  options: {
    builder: Builder;
    imageId: string;
    session: string;
    argv: readonly string[];
    kickstart: string;
    installer?: string | undefined;
    sourceDateEpoch?: number | undefined;
  },
): Promise<BuildContainer> {
  const { builder, imageId, session, argv, kickstart, installer, sourceDateEpoch } = options;
  const name = `phyllome-${session}`;
  await using resources = new AsyncDisposableStack();
  // By name and before the request: a request that breaks off may still have made the container.
  const held = hold(`the container ${name} of ${engine.kind}`);
  resources.defer(async () => {
    await removeContainer(engine, name);
    held[Symbol.dispose]();
  });
  const info = await infoOf(engine);
  const securityOptions = info.SecurityOptions ?? [];
  const userNamespace = await userNamespaceFor(engine, builder, { info });
  const caches = cachesIn(userNamespace, builder.caches ?? []);
  await ensureCaches(engine, { name: builder.name, caches });
  const loopNodes = builder.privileges.loopDevices ? await nodesToName(engine, imageId) : [];
  const container = await request(
    engine,
    'create the container',
    () =>
      engine.docker.createContainer({
        name,
        Image: imageId,
        Entrypoint: [],
        Cmd: [...argv],
        Env: [
          'LANG=C.UTF-8',
          ...Object.entries(builder.environment ?? {}).map(([variable, value]) => `${variable}=${value}`),
          ...(sourceDateEpoch === undefined ? [] : [`SOURCE_DATE_EPOCH=${sourceDateEpoch}`]),
        ],
        WorkingDir: '/',
        Tty: false,
        // livemedia-creator as process 1 ignores SIGTERM; at SIGINT it stops the installer, unmounts and keeps the logs.
        StopSignal: 'SIGINT',
        Labels: { [sessionLabel]: session, [ownerLabel]: ownOwner, [builderLabel]: builder.name },
        HostConfig: {
          ...hostConfig(builder.privileges, {
            kind: engine.kind,
            securityOptions,
            caches,
            loopNodes,
          }),
          ...(userNamespace === undefined ? {} : { UsernsMode: userNamespace.mode }),
          ...(builder.limits === undefined ? {} : limitsOf(builder.limits, info.MemTotal)),
        },
      }),
    // Where user name spaces are used, an engine may copy the whole image for it.
    { answerMs: 10 * 60_000 },
  );
  await request(engine, 'put the kickstart into the container', async () => {
    const inputs = tarOf([
      { path: rootInContainer, folder: true },
      { path: inContainer.tmp.slice(1), folder: true },
      { path: inContainer.logs.slice(1), folder: true },
      { path: inContainer.kickstart.slice(1), content: kickstart },
      ...(installer === undefined
        ? []
        : [
            { path: inContainer.result.slice(1), folder: true as const },
            { path: inContainer.installer.slice(1), file: installer },
          ]),
    ]);
    await container.putArchive(inputs, { path: '/' });
  });
  const owned = resources.move();
  return { container, name, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/**
 * By what an engine says of itself. AppArmor's `docker-default` denies mount; SELinux's `container_t` may mount nothing,
 * nor open the host's loop devices (container-selinux, `container.te`).
 */
const liftedConfinement = [
  { name: 'name=apparmor', lift: 'apparmor=unconfined' },
  { name: 'name=selinux', lift: 'label=disable' },
];

/** What the engine is asked to grant. Pure. */
export const hostConfig = (
  privileges: Privileges,
  {
    kind,
    securityOptions,
    caches = [],
    loopNodes = [],
  }: {
    kind: Engine['kind'];
    /** As the engine reports them. */
    securityOptions: readonly string[];
    caches?: readonly Cache[];
    /** Nodes that have to be named, by {@link nodesToName}. */
    loopNodes?: readonly string[];
  },
): Docker.HostConfig => ({
  CapDrop: [...privileges.capDrop],
  CapAdd: [
    ...privileges.capAdd,
    ...(securityOptions.some((option) => option.startsWith('name=selinux'))
      ? (privileges.capAddWithSelinux ?? [])
      : []),
  ],
  ...(privileges.loopDevices ? deviceGrants(loopNodes) : {}),
  Binds: [...(privileges.hostDev ? ['/dev:/dev'] : []), ...cacheBinds(caches)],
  SecurityOpt: privileges.unconfined
    ? liftedConfinement
        .filter(({ name }) => securityOptions.some((option) => option.startsWith(name)))
        .map(({ lift }) => lift)
    : [],
  // Drivers that can be read back, whatever the engine's default is.
  LogConfig: { Type: kind === 'podman' ? 'k8s-file' : 'json-file', Config: {} },
  RestartPolicy: { Name: 'no' },
  ...(kind === 'podman' ? { Ulimits: podmanUlimits } : {}),
});
