import { Command, CommanderError } from 'commander';
import { alertsCommand } from './commands/alerts.ts';
import { classifyCommand } from './commands/classify.ts';
import { deadLetterCommand } from './commands/dead-letter.ts';
import { doctorCommand } from './commands/doctor.ts';
import { ingestCommand } from './commands/ingest.ts';
import { initCommand } from './commands/init.ts';
import { replayCommand } from './commands/replay.ts';
import { runCommand } from './commands/run.ts';
import { schemaCommand } from './commands/schema.ts';
import { seriesCommand } from './commands/series.ts';
import { validateCommand } from './commands/validate.ts';
import { verifyCommand } from './commands/verify.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { describeError } from './output.ts';
import { projectVersion } from './setup.ts';

const program = new Command('barograph')
  .description('Monitors the sentiment of financial news as it streams in and warns when bad news piles up.')
  .version(projectVersion())
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  .addHelpText(
    'after',
    `
Without a barograph.yaml, \`barograph run\` shows a demo on a recorded sample of real news.

Exit codes:
  ${EXIT.ok}  done
  ${EXIT.failed}  failed; stderr says why
  ${EXIT.usage}  the command line, the configuration or an input cannot be understood
  ${EXIT.findings}  verify, validate or doctor found something wrong`,
  );

for (const command of [
  runCommand,
  initCommand,
  validateCommand,
  schemaCommand,
  doctorCommand,
  ingestCommand,
  classifyCommand,
  replayCommand,
  seriesCommand,
  alertsCommand,
  deadLetterCommand,
  verifyCommand,
]) {
  program.addCommand(overriding(command()));
}

/** Faults of the command line end in our exit codes, in subcommands too. */
function overriding(command: Command): Command {
  command.exitOverride();
  for (const sub of command.commands) overriding(sub);
  return command;
}

// A reader that closed its end (`barograph … | head`) ends the command quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  process.stderr.write(`error: the result cannot be written: ${error.message} [E_OUTPUT_FAILED]\n`);
  process.exit(EXIT.failed);
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  } else {
    process.stderr.write(`${describeError(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
