/** The server-sent events of `/api/events`, each as its fields, until `signal` aborts. `opened` is called when the stream has begun. */
export async function* listen(
  url: string,
  options: { readonly headers?: Record<string, string>; readonly signal?: AbortSignal; readonly opened?: () => void } = {},
): AsyncGenerator<Record<string, string>> {
  const { headers = {}, signal = null, opened } = options;
  const response = await fetch(`${url}/api/events`, { headers, signal });
  const type = response.headers.get('content-type') ?? '';
  if (!type.startsWith('text/event-stream'))
    throw new Error(`no event stream: ${response.status} ${type} ${await response.text()}`);
  opened?.();
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) yield Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2)));
  }
}
