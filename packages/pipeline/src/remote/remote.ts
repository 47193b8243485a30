import { PipelineError } from '../errors.ts';

/** A repository of a registry in which images are shared, and what may be done there. */
export interface Remote {
  /** `registry.example:5000/phyllome/images`. */
  readonly repository: string;
  /** `read` only pulls, `write` also pushes what was built. */
  readonly mode: 'read' | 'write';
  /** For skopeo: proxies, `REGISTRY_AUTH_FILE`. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * A host, perhaps a port, and a path, as the distribution specification writes names (spec.md, "Pulling manifests").
 * No tag and no digest: these follow from the image.
 */
const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const host = '[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?';
const repositoryPattern = new RegExp(`^(?:${host}|\\[[0-9a-f:]+\\](?::[0-9]{1,5})?)(?:/${component})+$`, 'u');
const longestRepository = 255;

/**
 * The remote store that `PHYLLOME_REMOTE_STORE` names; undefined when it is unset or empty.
 * `PHYLLOME_REMOTE_STORE_MODE` is `read`, also when it is unset, or `write`.
 *
 * @param repository another one than that of the environment
 * @throws {PipelineError} BAD_OPTION when it is not a repository, or there is no such mode
 */
export function openRemote(
  env: NodeJS.ProcessEnv,
  repository = env['PHYLLOME_REMOTE_STORE'] || '',
): Remote | undefined {
  if (repository === '') return undefined;
  if (repository.length > longestRepository || !repositoryPattern.test(repository))
    throw new PipelineError('BAD_OPTION', `the remote store "${repository}" is not a repository of a registry`, {
      hint: 'name host and path, without scheme and tag, as registry.example/phyllome/images',
    });
  const mode = env['PHYLLOME_REMOTE_STORE_MODE'] || 'read';
  if (mode !== 'read' && mode !== 'write')
    throw new PipelineError('BAD_OPTION', `PHYLLOME_REMOTE_STORE_MODE is "${mode}"`, {
      hint: 'set it to read, or to write for builds to push what they made',
    });
  return { repository, mode, env };
}

/** The tag of an image in a registry. @param inputs digest (`sha256:…`) of what decides it */
export function tagOf(inputs: string): string {
  return `inputs-${inputs.slice('sha256:'.length)}`;
}
