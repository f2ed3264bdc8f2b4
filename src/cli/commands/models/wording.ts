import type { EncoderConfig } from '../../../model/checkpoint/encoder-config.ts';

/** `498.6 MB`: as disks count. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length);
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`;
}

/** `roberta, 12 layers x 768`. */
export const architectureText = ({ family, layers, hidden }: EncoderConfig): string => `${family}, ${layers} layers x ${hidden}`;
