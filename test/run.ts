/*
 * Runs every test, or those of the files given, and closes with a line that counts them. Unit tests first; the slower ones
 * (end to end, regression) after them, one file at a time, so that they do not disturb each other.
 */
import { glob } from 'node:fs/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { startServers } from './start-servers.ts';

const SLOW = /^test\/(?:e2e|regression)\//;

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

async function testFiles(): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob('test/**/*.test.ts')) files.push(file);
  return files.sort();
}

async function runFiles(files: readonly string[], concurrency: number, counts: Counts): Promise<void> {
  if (files.length === 0) return;
  const stream = run({ files: [...files], concurrency, timeout: 20 * 60_000 });
  stream.on('test:pass', ({ details, skip, todo }) => {
    if (details.type === 'suite') return;
    if (skip !== undefined || todo !== undefined) counts.skipped += 1;
    else counts.passed += 1;
  });
  stream.on('test:fail', ({ details }) => {
    if (details.type !== 'suite') counts.failed += 1;
  });
  await new Promise<void>((resolve, reject) => {
    const report = stream.compose(spec());
    report.on('data', (chunk: unknown) => void process.stdout.write(String(chunk)));
    report.on('end', resolve);
    report.on('error', reject);
  });
}

const given = process.argv.slice(2);
const files = given.length > 0 ? given : await testFiles();
const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
const stopServers = await startServers(files);
try {
  await runFiles(
    files.filter((file) => !SLOW.test(file)),
    2,
    counts,
  );
  await runFiles(
    files.filter((file) => SLOW.test(file)),
    1,
    counts,
  );
} finally {
  await stopServers();
}
process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
if (counts.failed > 0 || counts.passed === 0) process.exitCode = 1;
