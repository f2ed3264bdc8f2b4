import type { Checkpoint } from '../src/model/checkpoint/checkpoint-folder.ts';

/** What GPT-2's byte-level BPE writes for each byte: printable ones as themselves, the rest from U+0100 on. */
const BYTE_OF: ReadonlyMap<string, number> = (() => {
  const isPlain = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return new Map(Array.from({ length: 256 }, (_, byte) => [String.fromCodePoint(isPlain(byte) ? byte : next++), byte]));
})();

/**
 * Gives the word pieces, by their numbers in a BERT's vocabulary, of the text that a token of a byte-level BPE stands for, case and
 * accents aside; of a special token of BERT its own; of bytes that are no text the unknown one. At least one. A token without a space
 * before it goes on with a word, unless it has a capital: that also begins texts, and follows a dash or a dollar sign.
 */
export function piecesOf({ tokenizer }: Pick<Checkpoint, 'tokenizer'>): (token: string) => readonly number[] {
  const { vocab }: { vocab: Readonly<Record<string, number>> } = JSON.parse(tokenizer).model;
  const numbers = new Map(Object.entries(vocab));
  const unknown = numbers.get('[UNK]') ?? 0;
  return (token) => {
    const own = numbers.get(token);
    if (own !== undefined && token.startsWith('[')) return [own];
    const text = textOf(token);
    const goesOn = /^[\p{Ll}\p{N}]/u.test(text);
    const runs = [...text.toLowerCase().matchAll(/[\p{L}\p{N}]+|[^\p{L}\p{N}\s]/gu)];
    const pieces = runs.flatMap(({ 0: run, index }) => greedy(run, goesOn && index === 0, numbers) ?? [unknown]);
    return pieces.length === 0 ? [unknown] : pieces;
  };
}

/** Without accents. A space at its beginning says that it begins a word. */
function textOf(token: string): string {
  const bytes = Uint8Array.from(token, (character) => BYTE_OF.get(character) ?? 0);
  return Buffer.from(bytes)
    .toString('utf8')
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '');
}

/** The longest pieces first, as WordPiece; a word that goes on from an earlier token begins with a piece that goes on, if there is one. */
function greedy(word: string, goesOn: boolean, numbers: ReadonlyMap<string, number>): readonly number[] | undefined {
  const pieces: number[] = [];
  for (let from = 0; from < word.length; ) {
    const found = longest(word, from, goesOn || from > 0, numbers) ?? longest(word, from, false, numbers);
    if (found === undefined) return undefined;
    pieces.push(found.piece);
    from = found.end;
  }
  return pieces;
}

function longest(
  word: string,
  from: number,
  goesOn: boolean,
  numbers: ReadonlyMap<string, number>,
): { readonly piece: number; readonly end: number } | undefined {
  for (let end = word.length; end > from; end--) {
    const piece = numbers.get(`${goesOn ? '##' : ''}${word.slice(from, end)}`);
    if (piece !== undefined) return { piece, end };
  }
  return undefined;
}
