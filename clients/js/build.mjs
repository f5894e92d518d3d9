/**
 * Makes `dist` from the client that the service itself serves: the same files, and their types beside them.
 *
 * `npm pack` and `npm publish` run it. TypeScript is this package's own, or that of the repository's tests.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const SOURCE = here('../../partyapp/web/static/party-client/');
const DIST = here('dist/');
const COMPILERS = ['node_modules/typescript/bin/tsc', '../../tests/js/node_modules/typescript/bin/tsc'].map(here);

const versionOf = (path) => JSON.parse(readFileSync(path, 'utf8')).version;
if (versionOf(here('package.json')) !== versionOf(`${SOURCE}package.json`)) {
  throw new Error('the version here is another one than that of the client in partyapp/web/static/party-client');
}
const compiler = COMPILERS.find((path) => existsSync(path));
if (!compiler) throw new Error('TypeScript is not installed: npm install');
rmSync(DIST, { recursive: true, force: true });
cpSync(SOURCE, DIST, { recursive: true, filter: (path) => !path.endsWith('package.json') });
execFileSync(process.execPath, [compiler, '-p', here('tsconfig.json')], { stdio: 'inherit' });
