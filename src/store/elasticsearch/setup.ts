import { type Client, errors } from '@elastic/elasticsearch';
import { type ElasticsearchOptions, guarded, unlessMissing } from './connection.ts';
import { type IndexSettings, indexTemplates, type NamedTemplate } from './templates.ts';

/** The templates that the cluster lacks or has in another shape. */
export async function changedTemplates(
  client: Client,
  options: ElasticsearchOptions,
  settings: IndexSettings,
): Promise<readonly NamedTemplate[]> {
  const changed: NamedTemplate[] = [];
  for (const wanted of indexTemplates(options, settings)) {
    const there = await guarded(options, () => digestThere(client, wanted.name));
    if (there !== wanted.template._meta.digest) changed.push(wanted);
  }
  return changed;
}

/** Puts templates; indices that exist keep the mapping that they were made with. */
export async function putTemplates(
  client: Client,
  options: ElasticsearchOptions,
  templates: readonly NamedTemplate[],
): Promise<void> {
  for (const { name, template } of templates)
    await guarded(options, () => client.indices.putIndexTemplate({ name, ...template }));
}

/** Whether the cluster has life-cycle management, which is no part of every distribution. */
export async function hasLifecycles(client: Client, options: ElasticsearchOptions): Promise<boolean> {
  try {
    await guarded(options, () => client.ilm.getStatus());
    return true;
  } catch (error) {
    const { cause } = error as Error;
    if (cause instanceof errors.ResponseError && [400, 404, 405].includes(cause.statusCode ?? 0)) return false;
    throw error;
  }
}

/** A template says itself what it was made of: the cluster gives settings back in another form. */
async function digestThere(client: Client, name: string): Promise<unknown> {
  const found = await unlessMissing(() => client.indices.getIndexTemplate({ name }));
  return found?.index_templates[0]?.index_template._meta?.digest;
}
