import { z } from 'zod';

/** What the fixtures keep of a tensor. */
export const summarySchema = z.object({ sum: z.number(), norm: z.number(), some: z.array(z.tuple([z.number(), z.number()])) });

/** The largest difference from a summary by PyTorch, over the norm of the tensor. */
export function distance(data: ArrayLike<number>, { sum, norm, some }: z.infer<typeof summarySchema>): number {
  const values = Array.from(data, Number);
  const apart = [
    values.reduce((total, value) => total + value, 0) - sum,
    Math.hypot(...values) - norm,
    ...some.map(([place, value]) => (values[place] ?? Number.NaN) - value),
  ];
  return Math.max(...apart.map(Math.abs)) / Math.max(norm, 1e-3);
}
