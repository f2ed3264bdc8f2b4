import type { BundleMeasurement, Mistake } from '../bundle/measure-bundle.ts';
import type { Metrics } from '../heads/metrics.ts';
import { TASKS, type Task } from '../training-data/labelled-text.ts';
import type { HistoryRecord } from './history.ts';
import { escapeHtml, lineChart } from './report-charts.ts';

export interface TrainingReport {
  readonly title: string;
  /** What the run was, as names and values. */
  readonly facts: Readonly<Record<string, string | number>>;
  readonly history: readonly HistoryRecord[];
  /** The step of the model that was kept. */
  readonly bestStep: number;
  /** Of the bundle, through the path that serves. */
  readonly validation: BundleMeasurement;
  /** Undefined when no text was kept for testing. */
  readonly test: BundleMeasurement | undefined;
}

const TASK_NAMES: Readonly<Record<Task, string>> = {
  topic: 'topic',
  sentiment: 'sentiment of a text',
  entity: 'sentiment towards an entity',
};

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}table{border-collapse:collapse;margin:.6rem 0;font-variant-numeric:tabular-nums}
th,td{padding:.2rem .6rem;text-align:right;border-bottom:1px solid #dde1e6}th:first-child,td:first-child{text-align:left}td.text{text-align:left;max-width:34rem}
svg{max-width:560px;width:100%;display:block}svg text{font-size:11px;fill:#59636e}svg .tick{text-anchor:end;dominant-baseline:middle}svg .grid{stroke:#e6e9ed}
.legend span{margin-right:1rem}.legend i{display:inline-block;width:.8em;height:.8em;margin-right:.35em}.charts{display:flex;flex-wrap:wrap;gap:1rem}.charts>div{flex:1 1 24rem}
.confusion td,.confusion th{padding:.15rem .4rem;font-size:.85rem}.scroll{overflow-x:auto}
@media (prefers-color-scheme:dark){body{background:#14181d;color:#dfe4ea}th,td{border-color:#2c333b}svg .grid{stroke:#2c333b}svg text{fill:#98a2ad}}`;

/** One HTML page without script, image or address: curves, figures, confusion matrices, and the worst mistakes. */
export function trainingReport({ title, facts, history, bestStep, validation, test }: TrainingReport): string {
  const measured = test ?? validation;
  const part = test === undefined ? 'validation part' : 'test part';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1>
${table(
  [],
  Object.entries(facts).map(([name, value]) => [name, String(value)]),
)}
<h2>Training</h2>
<div class="charts">${curves(history)}</div>
<p>The model of step ${bestStep} was kept.</p>
<h2>Figures of the bundle</h2>
<p>Through the path that serves. The validation part chose the step and the temperatures${test === undefined ? '' : '; nothing was chosen by the test part'}.</p>
${figures(validation, test)}
${TASKS.map((task) => matrix(task, part, measured.tasks[task])).join('\n')}
<h2>The surest mistakes, ${part}</h2>
${mistakes(measured.mistakes)}
</body></html>
`;
}

function curves(history: readonly HistoryRecord[]): string {
  const steps = history.filter((record) => record.kind === 'steps');
  const validations = history.filter((record) => record.kind === 'validation');
  const tasks = TASKS.filter((task) => validations.some((record) => record.tasks[task] !== undefined));
  const line = (task: Task, figure: 'macroF1' | 'nll') => ({
    name: `${TASK_NAMES[task]}${figure === 'nll' ? ', likelihood loss' : ', macro-F1'}`,
    points: validations.flatMap(({ epoch, tasks: of }): [number, number][] => {
      const value = of[task]?.[figure];
      return value === undefined ? [] : [[epoch, value]];
    }),
  });
  const charts = [
    [{ name: 'loss of the training batches', points: steps.map(({ epoch, loss }): [number, number] => [epoch, loss]) }],
    tasks.map((task) => line(task, 'macroF1')),
    tasks.map((task) => line(task, 'nll')),
    [{ name: 'learning rate', points: steps.map(({ epoch, rate }): [number, number] => [epoch, rate]) }],
  ];
  return charts.map((lines) => `<div>${lineChart(lines, 'epochs')}</div>`).join('');
}

function figures(validation: BundleMeasurement, test: BundleMeasurement | undefined): string {
  const row = (name: string, metrics: Metrics | undefined): string[][] =>
    metrics === undefined ? [] : [[name, metrics.n, metrics.accuracy, metrics.macroF1, metrics.ece, metrics.nll].map(String)];
  const rows = TASKS.flatMap((task) => [
    ...row(`${TASK_NAMES[task]}, validation`, validation.tasks[task]),
    ...row(`${TASK_NAMES[task]}, test`, test?.tasks[task]),
    ...Object.entries(test?.byFile[task] ?? {}).flatMap(([file, metrics]) => row(`${TASK_NAMES[task]}, test, ${file}`, metrics)),
  ]);
  return table(['', 'rows', 'accuracy', 'macro-F1', 'calibration error', 'likelihood loss'], rows);
}

function matrix(task: Task, part: string, metrics: Metrics | undefined): string {
  if (metrics === undefined) return '';
  const { classes, confusion } = metrics;
  const rows = classes.map(({ label, precision, recall, f1 }, i) => [
    `${i + 1} ${label}`,
    ...(confusion[i] ?? []).map(String),
    ...[precision, recall, f1].map((value) => value.toFixed(3)),
  ]);
  const head = ['is \\ said', ...classes.map((_, i) => String(i + 1)), 'precision', 'recall', 'F1'];
  return `<h2>Confusion: ${TASK_NAMES[task]}, ${part}</h2><div class="scroll confusion">${table(head, rows)}</div>`;
}

function mistakes(list: readonly Mistake[]): string {
  if (list.length === 0) return '<p>None.</p>';
  const rows = list.map(({ task, text, entity, label, predicted, labelProbability, predictedProbability }) => [
    TASK_NAMES[task],
    `${text.slice(0, 300)}${entity === undefined ? '' : ` [${entity}]`}`,
    `${label} ${labelProbability.toFixed(3)}`,
    `${predicted} ${predictedProbability.toFixed(3)}`,
  ]);
  return table(['task', 'text', 'label', 'said'], rows);
}

/** Cells are escaped; those that are not numbers stand to the left. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string => `<td${/^-?[\d.]+$/.test(text) ? '' : ' class="text"'}>${escapeHtml(text)}</td>`;
  const top = head.length === 0 ? '' : `<tr>${head.map((name) => `<th>${escapeHtml(name)}</th>`).join('')}</tr>`;
  return `<table>${top}${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('')}</table>`;
}
