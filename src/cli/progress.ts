/** One line on stderr that is written over; silent when stderr is no terminal, but for a line every ten seconds. */
export interface Progress {
  show(text: string): void;
  end(): void;
}

const TERMINAL_EVERY_MS = 100;
const PLAIN_EVERY_MS = 10_000;

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const terminal = stream.isTTY === true;
  let shownAt = performance.now();
  let open = false;
  return {
    show: (text) => {
      const now = performance.now();
      if (now - shownAt < (terminal ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS)) return;
      shownAt = now;
      open = terminal;
      stream.write(terminal ? `\r\u001b[K${text}` : `${text}\n`);
    },
    end: () => {
      if (open) stream.write('\r\u001b[K');
      open = false;
    },
  };
}
