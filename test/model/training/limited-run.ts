/* Takes the recorded run of the tests in a folder, under the limits of its own process, and prints how it ended as JSON. */
import { BarographError } from '../../../src/domain/errors.ts';
import { tinyRun } from './tiny-run.ts';

const [folder = ''] = process.argv.slice(2);
try {
  await tinyRun(folder);
  console.log('{}');
} catch (error) {
  if (!(error instanceof BarographError)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
