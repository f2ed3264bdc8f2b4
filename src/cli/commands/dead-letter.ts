import { Command } from 'commander';
import { type NumberedDeadLetter, readDeadLetters } from '../../../pipelines/dead-letter.ts';
import { BarographError } from '../../domain/errors.ts';
import type { EventLog, Topic } from '../../log/port.ts';
import { createOutput, table } from '../output.ts';
import { openExistingStorage, placeOf, type Storage } from '../storage.ts';

interface Options {
  readonly data?: string;
  readonly config?: string;
  readonly json?: true;
}

export function deadLetterCommand(): Command {
  const command = new Command('dead-letter').description('Look at what could not be processed, and try it again');
  sub(command, 'list', 'What could not be processed, oldest first').action((options: Options) =>
    withStorage(options, async ({ log }) => {
      const letters = await readDeadLetters(log);
      createOutput(options.json === true).result(letters, () =>
        letters.length === 0
          ? 'Nothing: everything could be processed.'
          : table([
              ['number', 'at', 'stage', 'code', 'origin', 'reason'],
              ...letters.map((l) => [l.number, new Date(l.at).toISOString(), l.stage, l.code, l.origin, l.reason.slice(0, 80)]),
            ]),
      );
    }),
  );
  sub(command, 'show', 'One of them, with what was to be processed')
    .argument('<number>', 'number in the list', Number)
    .action((number: number, options: Options) =>
      withStorage(options, async ({ log }) => {
        const letter = await find(log, number);
        createOutput(options.json === true).result(letter, () =>
          [
            `${letter.code} at ${letter.stage}, ${new Date(letter.at).toISOString()}`,
            `origin:  ${letter.origin}`,
            `reason:  ${letter.reason}`,
            `requeue: ${letter.requeueTo === '' ? 'not possible; mend the source' : `into ${letter.requeueTo}`}`,
            '',
            letter.payload,
          ].join('\n'),
        );
      }),
    );
  sub(command, 'requeue', 'Put them back into the log, once the cause is mended')
    .argument('<number...>', 'numbers in the list')
    .action((numbers: string[], options: Options) =>
      withStorage(options, async ({ log }) => {
        for (const number of numbers) {
          const { requeueTo, payload, origin } = await find(log, Number(number));
          if (!isTopic(requeueTo))
            throw new BarographError('E_USAGE', `Dead letter ${number} came from ${origin}, which the log cannot deliver again.`);
          await log.append(requeueTo, [{ key: origin, value: payload }]);
        }
        createOutput(options.json === true).result({ requeued: numbers.map(Number) }, () => `Requeued ${numbers.length}.`);
      }),
    );
  return command;
}

function sub(command: Command, name: string, description: string): Command {
  return command
    .command(name)
    .description(description)
    .option('--data <dir>', 'data folder')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print as JSON');
}

async function withStorage(options: Options, work: (storage: Storage) => Promise<void>): Promise<void> {
  const storage = await openExistingStorage(await placeOf(options));
  try {
    await work(storage);
  } finally {
    await storage.close();
  }
}

async function find(log: EventLog, number: number): Promise<NumberedDeadLetter> {
  const letter = (await readDeadLetters(log)).find((candidate) => candidate.number === number);
  if (letter === undefined)
    throw new BarographError('E_USAGE', `There is no dead letter ${number}. \`barograph dead-letter list\` shows them.`);
  return letter;
}

function isTopic(text: string): text is Topic {
  return text === 'news.raw' || text === 'news.scored' || text === 'news.labelled' || text === 'alerts';
}
