import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import type { Parameters } from '../checkpoint/parameters.ts';
import { createGraph, type Graph, type Value } from '../graph/graph.ts';
import { buildEncoder, type EncoderParts, encoderInputs } from './encoder.ts';
import { constantParameters } from './evaluation-graph.ts';
import { plainParts } from './plain-parts.ts';

/** Smallest and largest value that each channel of an input was seen to take; 0 is always within. */
export interface ChannelRange {
  readonly low: Float32Array;
  readonly high: Float32Array;
}

/** The ranges of a linear layer's input, by the layer's name. Layers that share an input share the range. */
export type ActivationRanges = ReadonlyMap<string, ChannelRange>;

/** An input of linear layers, and the output of the observation graph that shows it. */
export interface ObservedInput {
  readonly layers: readonly string[];
  readonly output: string;
  readonly width: number;
}

/** The fp32 encoder with the input of every linear layer as an output, (batch, tokens, width) each: run it on sample texts. */
export function observationGraph(
  config: EncoderConfig,
  parameters: Parameters,
): { graph: Graph; observed: readonly ObservedInput[] } {
  const g = createGraph('observation');
  const inputs = encoderInputs(g);
  const plain = plainParts(g, config, inputs.mask, constantParameters(g, parameters));
  const observed: ObservedInput[] = [];
  const observe = (x: Value, layers: readonly string[]): void => {
    const output = `observed_${observed.length}`;
    g.output(x, output);
    observed.push({ layers, output, width: Number(x.shape.at(-1)) });
  };
  const parts: EncoderParts = {
    ...plain,
    linears: (x, layers) => {
      observe(x, layers);
      return plain.linears(x, layers);
    },
    linearGelu: (x, layer) => {
      observe(x, [layer]);
      return plain.linearGelu(x, layer);
    },
    linearAddNorm: (x, layer, skip, norm) => {
      observe(x, [layer]);
      return plain.linearAddNorm(x, layer, skip, norm);
    },
  };
  buildEncoder(g, config, inputs, parts);
  return { graph: g, observed };
}

/** Gathers ranges from the values (rows, width) that the observation graph gives for one unpadded text after the other. */
export function rangeRecorder(observed: readonly ObservedInput[]): {
  record(output: string, values: Float32Array): void;
  ranges(): ActivationRanges;
} {
  const byOutput = new Map(observed.map((input) => [input.output, emptyRange(input.width)]));
  return {
    record(output, values) {
      const range = byOutput.get(output);
      if (range === undefined) throw new Error(`${output} is not observed`);
      const { low, high } = range;
      for (let i = 0, channel = 0; i < values.length; i++, channel = channel + 1 === low.length ? 0 : channel + 1) {
        const x = values[i]!; // i and channel are within bounds
        if (x < low[channel]!) low[channel] = x;
        if (x > high[channel]!) high[channel] = x;
      }
    },
    ranges() {
      const byLayer = new Map<string, ChannelRange>();
      for (const { layers, output, width } of observed) {
        for (const layer of layers) byLayer.set(layer, byOutput.get(output) ?? emptyRange(width));
      }
      return byLayer;
    },
  };
}

const emptyRange = (width: number): ChannelRange => ({ low: new Float32Array(width), high: new Float32Array(width) });
