import type { GraphBuilder, Value } from '../graph/graph.ts';
import { add, div, like, mul, sqrt, sub } from '../graph/ops.ts';

/** How a step changes the parameters. Decay applies to those that the parameter table says. */
export type OptimiserSettings =
  | {
      readonly kind: 'adamw';
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly weightDecay: number;
    }
  | { readonly kind: 'sgd'; readonly momentum: number; readonly weightDecay: number };

/** The defaults of PyTorch's AdamW, but for the decay. */
export const ADAMW: OptimiserSettings = { kind: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };

/** Tensors that an optimiser keeps for each parameter, of its shape, 0 at the beginning. */
export function slotsOf(settings: OptimiserSettings): readonly string[] {
  return settings.kind === 'adamw' ? ['mean', 'square'] : ['momentum'];
}

/** Numbers that differ from step to step, each an input of the graph without axes. `step` counts from 1. */
export function scalarsOf(settings: OptimiserSettings, rate: number, step: number): Readonly<Record<string, number>> {
  if (settings.kind === 'sgd') return { rate };
  const { beta1, beta2, epsilon } = settings;
  const root = Math.sqrt((1 - beta2 ** step) / (1 - beta2));
  return { rate, step_size: ((rate * (1 - beta1)) / (1 - beta1 ** step)) * root, epsilon: epsilon * root };
}

/** A parameter, its gradient and its slots, all of one shape; `scale` multiplies the rate (layer-wise decay). */
export interface Update {
  readonly parameter: Value;
  readonly gradient: Value;
  readonly slots: readonly Value[];
  readonly scale: number;
  readonly decay: boolean;
}

export interface Updated {
  readonly parameter: Value;
  readonly slots: readonly Value[];
}

/** Adds one parameter's step to a graph. `scalar` gives the inputs that `scalarsOf` names. */
export function update(g: GraphBuilder, settings: OptimiserSettings, of: Update, scalar: (name: string) => Value): Updated {
  return settings.kind === 'adamw' ? adamw(g, settings, of, scalar) : sgd(g, settings, of, scalar);
}

/**
 * AdamW (Loshchilov and Hutter, 2019) as PyTorch has it, with moments that are kept as m / (1 − β₁) and v / (1 − β₂), which
 * saves passes over the parameters; what differs is in the scalars:
 * m ← β₁ m + g; v ← β₂ v + g²; p ← p (1 − rate · decay) − step_size · m / (√v + ε)
 */
function adamw(
  g: GraphBuilder,
  { beta1, beta2, weightDecay }: Extract<OptimiserSettings, { kind: 'adamw' }>,
  { parameter, gradient, slots, scale, decay }: Update,
  scalar: (name: string) => Value,
): Updated {
  const [mean, square] = slots;
  if (mean === undefined || square === undefined) throw new Error('AdamW keeps two slots');
  const number = (n: number): Value => like(g, parameter, n);
  const newMean = add(g, mul(g, mean, number(beta1)), gradient);
  const newSquare = add(g, mul(g, square, number(beta2)), mul(g, gradient, gradient));
  const direction = div(g, newMean, add(g, sqrt(g, newSquare), scalar('epsilon')));
  const step = mul(g, direction, mul(g, scalar('step_size'), number(scale)));
  const kept = decay && weightDecay > 0 ? mul(g, parameter, keep(g, parameter, scale * weightDecay, scalar)) : parameter;
  return { parameter: sub(g, kept, step), slots: [newMean, newSquare] };
}

/** SGD with momentum as PyTorch has it: g ← g + decay · p; b ← momentum · b + g; p ← p − rate · b */
function sgd(
  g: GraphBuilder,
  { momentum, weightDecay }: Extract<OptimiserSettings, { kind: 'sgd' }>,
  { parameter, gradient, slots, scale, decay }: Update,
  scalar: (name: string) => Value,
): Updated {
  const [velocity] = slots;
  if (velocity === undefined) throw new Error('SGD keeps one slot');
  const number = (n: number): Value => like(g, parameter, n);
  const full = decay && weightDecay > 0 ? add(g, gradient, mul(g, parameter, number(weightDecay))) : gradient;
  const newVelocity = add(g, mul(g, velocity, number(momentum)), full);
  const step = mul(g, newVelocity, mul(g, scalar('rate'), number(scale)));
  return { parameter: sub(g, parameter, step), slots: [newVelocity] };
}

/** 1 − rate · share */
function keep(g: GraphBuilder, x: Value, share: number, scalar: (name: string) => Value): Value {
  return sub(g, like(g, x, 1), mul(g, scalar('rate'), like(g, x, share)));
}
