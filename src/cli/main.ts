import { Command, CommanderError } from 'commander';
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
  ${EXIT.findings}  verify, models verify, validate or doctor found something wrong`,
  );

/** Each is loaded when it is named, and all of them for the help: a small command need not wait for what the big ones import. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./commands/run.ts')).runCommand(),
  init: async () => (await import('./commands/init.ts')).initCommand(),
  validate: async () => (await import('./commands/validate.ts')).validateCommand(),
  schema: async () => (await import('./commands/schema.ts')).schemaCommand(),
  setup: async () => (await import('./commands/setup.ts')).setupCommand(),
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
  ingest: async () => (await import('./commands/ingest.ts')).ingestCommand(),
  classify: async () => (await import('./commands/classify.ts')).classifyCommand(),
  replay: async () => (await import('./commands/replay.ts')).replayCommand(),
  series: async () => (await import('./commands/series.ts')).seriesCommand(),
  alerts: async () => (await import('./commands/alerts.ts')).alertsCommand(),
  'dead-letter': async () => (await import('./commands/dead-letter.ts')).deadLetterCommand(),
  pretrain: async () => (await import('./commands/pretrain.ts')).pretrainCommand(),
  distill: async () => (await import('./commands/distill.ts')).distillCommand(),
  train: async () => (await import('./commands/train.ts')).trainCommand(),
  eval: async () => (await import('./commands/eval.ts')).evalCommand(),
  data: async () => (await import('./commands/data.ts')).dataCommand(),
  models: async () => (await import('./commands/models.ts')).modelsCommand(),
  verify: async () => (await import('./commands/verify.ts')).verifyCommand(),
};
const first = process.argv[2] ?? '';
for (const name of Object.hasOwn(COMMANDS, first) ? [first] : Object.keys(COMMANDS)) {
  const command = await COMMANDS[name]?.();
  if (command !== undefined) program.addCommand(overriding(command));
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
