import { listSupportedBackends } from 'onnxruntime-node';

/** What the installed runtime can run models on, as it says itself. */
export function executionProviders(): readonly string[] {
  return listSupportedBackends()
    .filter(({ bundled }) => bundled)
    .map(({ name }) => name);
}
