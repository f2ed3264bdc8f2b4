import { type JsonSchema, jsonSchema } from './json-schema.ts';

/*
 * The tables of docs/configuration.md, made from the schema. A test compares them with the page. To write them anew:
 *
 *     node src/config/reference.ts
 */

/** Every key with its default and its meaning, one table a section, as Markdown. */
export function configurationReference(): string {
  const root = jsonSchema();
  const scalars = Object.entries(root.properties ?? {}).filter(
    ([, part]) => part.properties === undefined && part.items === undefined,
  );
  const parts = [table('Top level', '', Object.fromEntries(scalars), root.required)];
  for (const [key, part] of Object.entries(root.properties ?? {})) {
    for (const [name, section] of sections(key, part))
      parts.push(table(`\`${name}\``, section.description ?? '', section.properties ?? {}, section.required));
    const entry = part.items;
    if (entry?.properties !== undefined)
      parts.push(table(`\`${key}\`: a list`, part.description ?? '', entry.properties, entry.required));
    for (const option of entry?.oneOf ?? []) {
      const kind = String(option.properties?.kind?.const);
      parts.push(table(`\`${key}\`, \`kind: ${kind}\``, option.description ?? '', option.properties ?? {}, option.required));
    }
  }
  return parts.join('\n');
}

/** A section, or those within it: `log.kafka`. */
function sections(name: string, part: JsonSchema): (readonly [string, JsonSchema])[] {
  const within = Object.entries(part.properties ?? {}).filter(([, inner]) => inner.properties !== undefined);
  if (part.properties === undefined || within.length === 0) return part.properties === undefined ? [] : [[name, part]];
  return within.flatMap(([key, inner]) => sections(`${name}.${key}`, inner));
}

function table(
  title: string,
  about: string,
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
): string {
  const rows = Object.entries(properties)
    .filter(([, part]) => part.const === undefined)
    .map(([key, part]) => `| \`${key}\` | ${defaultOf(key, part, required)} | ${meaning(part)} |`);
  return [
    `### ${title}`,
    '',
    ...(about === '' ? [] : [about, '']),
    '| key | default | meaning |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function defaultOf(key: string, part: JsonSchema, required: readonly string[]): string {
  if (part.default === '') return '(empty)';
  if (part.default !== undefined) return `\`${JSON.stringify(part.default).replace(/^"|"$/g, '')}\``;
  return required.includes(key) ? '(required)' : '(none)';
}

function meaning(part: JsonSchema): string {
  const values = part.enum === undefined ? '' : ` One of ${part.enum.map((value) => `\`${value}\``).join(', ')}.`;
  const range = part.minimum === undefined ? '' : ` ${part.minimum} to ${part.maximum}.`;
  return `${part.description ?? ''}${values}${range}${part.writeOnly === true ? ' Secret: never shown.' : ''}`;
}

if (import.meta.main) {
  const { readFileSync, writeFileSync } = await import('node:fs');
  const page = new URL('../../docs/configuration.md', import.meta.url);
  writeFileSync(page, withReference(readFileSync(page, 'utf8')));
}

/** The page with its reference, which stands between two comments, replaced. */
export function withReference(page: string): string {
  return page.replace(
    /(<!-- reference -->\n)[\s\S]*(<!-- end of reference -->)/,
    (_, start, end) => `${start}\n${configurationReference()}\n${end}`,
  );
}
