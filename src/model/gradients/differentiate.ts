import type { GraphBuilder, Node, Value } from '../graph/graph.ts';
import { add, like } from '../graph/ops.ts';
import { GRADIENTS } from './gradients.ts';

/**
 * Adds to a graph the gradients of a loss, a value of one element, with respect to some of its values, in their order: reverse
 * mode, one sweep back over the nodes that lead from them to the loss. What does not depend on them is not differentiated.
 * Throws when the loss does not depend on one of them, or on an operator without a gradient.
 */
export function differentiate(g: GraphBuilder, loss: Value, variables: readonly Value[]): readonly Value[] {
  const forward = [...g.nodes];
  const varying = dependents(forward, variables);
  const gradients = new Map<string, Value>([[loss.name, like(g, loss, 1)]]);
  for (const node of forward.reverse()) {
    const upstream = gradients.get(node.outputs[0]?.name ?? '');
    const needs = node.inputs.map((input) => input !== undefined && varying.has(input.name));
    if (upstream === undefined || !needs.includes(true)) continue;
    const gradient = node.domain === '' ? GRADIENTS[node.op] : undefined;
    if (gradient === undefined) throw new Error(`${node.domain}${node.op} has no gradient`);
    for (const [index, partial] of gradient(g, node, upstream, needs).entries()) {
      const input = node.inputs[index];
      if (input === undefined || partial === undefined || needs[index] !== true) continue;
      const sofar = gradients.get(input.name);
      gradients.set(input.name, sofar === undefined ? partial : add(g, sofar, partial));
    }
  }
  return variables.map(({ name }) => {
    const gradient = gradients.get(name);
    if (gradient === undefined) throw new Error(`the loss does not depend on ${name}`);
    return gradient;
  });
}

/** Names of the variables and of all that is computed from them. */
function dependents(nodes: readonly Node[], variables: readonly Value[]): ReadonlySet<string> {
  const varying = new Set(variables.map(({ name }) => name));
  for (const node of nodes) {
    if (node.inputs.some((input) => input !== undefined && varying.has(input.name)))
      for (const { name } of node.outputs) varying.add(name);
  }
  return varying;
}
