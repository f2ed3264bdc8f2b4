/** A word of a text, as names are compared: see `splitWords`. */
export interface Word {
  /** Small letters, without dots, possessive or accents: `J.P.` is `jp`, `Nestlé's` is `nestle`, `and` is `&`. */
  readonly key: string;
  /** Where it begins in the text. */
  readonly index: number;
  /** As it stands in the text, with its possessive. */
  readonly text: string;
  /** Begins with a capital letter or a digit. */
  readonly capital: boolean;
  readonly possessive: boolean;
  /** First word of the text, or after a full stop, colon, question mark, dash or quotation mark. */
  readonly first: boolean;
  /** Directly after `$`, `#` or `@`: no word of the sentence. */
  readonly tagged: boolean;
}

const WORD = /[\p{L}\p{N}&](?:[\p{L}\p{N}&'’.]*[\p{L}\p{N}&.])?(?:['’](?=\s|$))?/gu;
const ACCENTS = /\p{Mn}+/gu;

/** Splits a text into words. A hyphen separates (`Coca-Cola` is two words); dots and ampersands within a word do not. */
export function splitWords(text: string): Word[] {
  const words: Word[] = [];
  WORD.lastIndex = 0;
  let end = 0;
  for (let match = WORD.exec(text); match !== null; match = WORD.exec(text)) {
    const raw = match[0];
    const before = match.index === 0 ? '' : (text[match.index - 1] ?? '');
    words.push({
      ...keyOf(raw),
      index: match.index,
      text: raw,
      capital: isCapital(raw),
      first: words.length === 0 || endsSentence(text, end, match.index) || endsWithStop(words[words.length - 1]?.text ?? ''),
      tagged: before === '$' || before === '#' || before === '@',
    });
    end = match.index + raw.length;
  }
  return words;
}

/** A full stop that ends a sentence, not one of `J.P.`, `U.S.` or `Inc.`. */
function endsWithStop(word: string): boolean {
  return word.endsWith('.') && !/^(?:(?:\p{L}\.)+|Inc\.|Corp\.|Co\.|Ltd\.|Bros\.|St\.|Mr\.|Dr\.)$/iu.test(word);
}

function endsSentence(text: string, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    switch (text[index]) {
      case '.':
      case ':':
      case '!':
      case '?':
      case '"':
      case '“':
      case '‘':
      case '–':
      case '—':
      case '|':
        return true;
    }
  }
  return false;
}

function isCapital(word: string): boolean {
  const unit = word.charCodeAt(0);
  if (unit < 128) return (unit >= 65 && unit <= 90) || (unit >= 48 && unit <= 57);
  const first = word[0] ?? '';
  return first !== first.toLowerCase();
}

function keyOf(word: string): { key: string; possessive: boolean } {
  let key = word.toLowerCase();
  let possessive = false;
  const last = key[key.length - 1];
  if (last === "'" || last === '’') {
    key = key.slice(0, -1);
    possessive = true;
  } else if (last === 's' && key.length > 2 && (key.at(-2) === "'" || key.at(-2) === '’')) {
    key = key.slice(0, -2);
    possessive = true;
  }
  if (key.includes('.') || key.includes("'") || key.includes('’')) key = key.replace(/[.'’]/g, '');
  if (!isAscii(key)) key = key.normalize('NFD').replace(ACCENTS, '');
  return { key: key === 'and' ? '&' : key, possessive };
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) return false;
  return true;
}
