import type { RunListener } from '../model/training/recorded-run.ts';
import { createProgress } from './progress.ts';

/** Steps whose mean loss and speed are shown. */
const SHOWN_OVER = 50;

/** A line on stderr: how far, loss, F1 of the last validation, texts a second, time left. */
export function trainingProgress(): RunListener & { end(): void } {
  const progress = createProgress();
  let figures = '';
  let recent: { readonly at: number; readonly loss: number; readonly texts: number }[] = [];
  return {
    onStep: ({ step, steps, loss, texts }) => {
      const now = performance.now();
      recent = [...recent.slice(-SHOWN_OVER), { at: now, loss, texts }];
      const first = recent[0]?.at ?? now;
      const counted = recent.slice(1);
      if (counted.length === 0) return;
      const seconds = (now - first) / 1000;
      const speed = counted.reduce((sum, each) => sum + each.texts, 0) / seconds;
      const mean = counted.reduce((sum, each) => sum + each.loss, 0) / counted.length;
      const left = ((steps - step) * seconds) / counted.length;
      progress.show(
        `step ${step} of ${steps}, loss ${mean.toFixed(3)}${figures}, ${Math.round(speed)} texts/s, ${duration(left)} left`,
      );
    },
    onValidation: ({ tasks, value }) => {
      recent = []; // the time that validating took is not a step's
      const names = Object.entries(tasks).map(([task, { macroF1 }]) => `, F1 of ${task} ${macroF1.toFixed(3)}`);
      figures = names.length === 0 ? `, held-out loss ${(-value).toFixed(3)}` : names.join('');
    },
    end: () => progress.end(),
  };
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
