import { Command } from 'commander';
import { jsonSchema } from '../../config/json-schema.ts';

export function schemaCommand(): Command {
  return new Command('schema')
    .description('Print the JSON Schema of the configuration, for editors')
    .action(() => void process.stdout.write(`${JSON.stringify(jsonSchema(), null, 2)}\n`));
}
