import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findJava } from '../../../infra/local/java.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** A program that says its version as Java does. */
async function fakeJava(home: string, version: string): Promise<void> {
  await mkdir(join(home, 'bin'), { recursive: true });
  for (const name of ['java', 'javac']) {
    await writeFile(join(home, 'bin', name), `#!/bin/sh\necho 'openjdk version "${version}" 2030-01-01' >&2\n`);
    await chmod(join(home, 'bin', name), 0o755);
  }
}

describe('finding Java', () => {
  it('takes JAVA_HOME when it is the newest', async () => {
    const folder = await temporaryFolder();
    await fakeJava(folder.path, '999.0.1');
    assert.deepEqual(findJava(21, 'Elasticsearch', { JAVA_HOME: folder.path }), { home: folder.path, major: 999 });
    await folder.remove();
  });

  it('says what is needed and what it found', async () => {
    const folder = await temporaryFolder();
    await fakeJava(folder.path, '500.0.2');
    assert.throws(() => findJava(1000, 'Elasticsearch', { JAVA_HOME: folder.path }), {
      message: new RegExp(
        `^Elasticsearch needs a JDK of Java 1000 or newer. Found: Java 500 in ${folder.path}.*set JAVA_HOME to it.$`,
      ),
    });
    await folder.remove();
  });
});
