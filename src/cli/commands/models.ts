import { Command } from 'commander';
import { exportCommand } from './models/export.ts';
import { importCommand } from './models/import.ts';
import { listCommand } from './models/list.ts';
import { pullCommand } from './models/pull.ts';
import { showCommand } from './models/show.ts';
import { verifyModelCommand } from './models/verify.ts';

export function modelsCommand(): Command {
  return new Command('models')
    .description('Fetch checkpoints from a model hub, keep them, look at them, check them, and export models')
    .addCommand(pullCommand())
    .addCommand(importCommand())
    .addCommand(exportCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(verifyModelCommand());
}
