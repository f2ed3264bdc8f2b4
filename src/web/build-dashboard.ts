/* Builds the dashboard into dist/dashboard; runs after installation. Without the development dependencies there is nothing to build with. */
import { fileURLToPath } from 'node:url';

const config = fileURLToPath(new URL('dashboard/vite.config.ts', import.meta.url));
const vite = await import('vite').catch((error: unknown) => {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
  throw error;
});
if (vite === undefined) process.stderr.write('The dashboard is not built: the development dependencies are not installed.\n');
else await vite.build({ configFile: config, logLevel: 'warn' });
