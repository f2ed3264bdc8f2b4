import type { Events } from '../contract.ts';

export type Connection = 'connecting' | 'live' | 'reconnecting';

type EventHandlers = { readonly [K in keyof Events]: (payload: Events[K]) => void };

type Handlers = EventHandlers & {
  connection(state: Connection): void;
  /** The stream begins anew without a cursor: whatever happened meanwhile was not sent. */
  restarted(): void;
};

/** `status` comes about every second, so a silence this long means a dead connection that nothing has reported. */
const SILENCE_MS = 20_000;
const RETRY_MS = 3_000;

/** Keeps one event stream open for as long as the page lives. */
export function listen(handlers: Handlers): void {
  let source: EventSource;
  let heardAt = performance.now();

  const open = () => {
    heardAt = performance.now();
    source = new EventSource('./api/events');
    source.addEventListener('open', () => handlers.connection('live'));
    source.addEventListener('error', () => handlers.connection('reconnecting'));
    const on = <K extends keyof Events>(type: K) =>
      source.addEventListener(type, (event: MessageEvent<string>) => {
        heardAt = performance.now();
        const { [type]: handle }: EventHandlers = handlers;
        handle(JSON.parse(event.data));
      });
    on('story');
    on('alert');
    on('status');
    on('gap');
  };

  open();
  // The browser reconnects by itself after a network fault, but gives up for good on an HTTP error such as a proxy's 502.
  setInterval(() => {
    if (source.readyState !== EventSource.CLOSED && performance.now() - heardAt < SILENCE_MS) return;
    source.close();
    handlers.connection('reconnecting');
    open();
    handlers.restarted();
  }, RETRY_MS);
}
