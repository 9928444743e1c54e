// JSON Schema for people: members that unfold, and examples made of what a schema says. Pure but for the elements.
import {h, fill} from '../dom.js';

const DEEPEST = 6;

/** The schema behind a reference, with its name. */
export function resolve(schema, document) {
  const name = schema?.$ref?.split('/').at(-1);
  return name ? {name, ...document.components.schemas[name]} : {name: schema?.title ?? '', ...schema};
}

/** The schemas of which one holds. Of one with members of its own they only say which of these are needed. */
const choices = (schema) => (schema.properties ? undefined : schema.oneOf ?? schema.anyOf);

/** "string (uuid)", "list of SubscriptionResult", "integer 1 to 100" */
export function typeText(raw, document) {
  const schema = resolve(raw, document);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (choices(schema)) return 'one of several';
  if (schema.type === 'array') return `list of ${typeText(schema.items ?? {}, document)}`;
  if (schema.type === 'object') return schema.name && raw.$ref ? schema.name : 'object';
  const range = [schema.minimum !== undefined && `from ${schema.minimum}`, schema.maximum !== undefined && `to ${schema.maximum}`, schema.maxLength !== undefined && `at most ${schema.maxLength} characters`].filter(Boolean).join(' ');
  return [schema.type ?? 'any value', schema.format && `(${schema.format})`, range].filter(Boolean).join(' ');
}

const SAMPLES = {uuid: '0b6f3c1e-8d5a-4f6e-9a51-3f0c2f5c7f10', 'date-time': '2026-01-01T00:00:00.000Z', date: '1990-12-10', timespan: '30s', binary: '@form.pdf', uri: 'https://example.com'};

/** A value that fits the schema, for reading and as a start for trying. */
export function exampleOf(raw, document, depth = 0) {
  const schema = resolve(raw, document);
  if (schema.example !== undefined) return schema.example;
  if (schema.examples?.length > 0) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (depth > DEEPEST) return null;
  if (choices(schema)) return exampleOf(choices(schema)[0], document, depth + 1);
  switch (schema.type) {
    case 'object': {
      const made = {};
      for (const [name, member] of Object.entries(schema.properties ?? {})) {
        const isRequired = (schema.required ?? []).includes(name);
        if (isRequired || depth === 0) made[name] = exampleOf(member, document, depth + 1);
      }
      return made;
    }
    case 'array':
      return [exampleOf(schema.items ?? {}, document, depth + 1)];
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case undefined:
      return depth === 0 ? {} : SAMPLES[schema.format] ?? 'anything';
    default:
      return SAMPLES[schema.format] ?? 'text';
  }
}

function childrenOf(schema, document) {
  if (choices(schema)) return choices(schema).map((each, index) => [resolve(each, document).name || `choice ${index + 1}`, each, false]);
  if (schema.type === 'array') return childrenOf(resolve(schema.items ?? {}, document), document);
  return Object.entries(schema.properties ?? {}).map(([name, member]) => [name, member, (schema.required ?? []).includes(name)]);
}

function row(name, raw, isRequired, document, depth, opened) {
  const schema = resolve(raw, document);
  const children = depth < DEEPEST ? childrenOf(schema, document) : [];
  const words = schema.enum ?? schema.items?.enum;
  const line = [h('code', {class: 'member'}, name), h('span', {class: 'soft'}, typeText(raw, document)), isRequired && h('span', {class: 'required'}, 'required')];
  const notes = [schema.description && h('p', {}, schema.description), words && h('p', {class: 'small'}, 'One of ', words.map((word, index) => [index > 0 && ', ', h('code', {}, String(word))])),
    schema.default !== undefined && h('p', {class: 'small soft'}, 'Default ', h('code', {}, JSON.stringify(schema.default)))];
  if (children.length === 0) return h('li', {}, h('div', {class: 'member-line'}, line), notes);
  const inside = h('div');
  const details = h('details', {open: opened === name, ontoggle: () => {
    if (details.open && !inside.firstChild) fill(inside, memberList(children, document, depth + 1));
  }}, h('summary', {class: 'member-line'}, line), inside);
  return h('li', {}, details, notes);
}

function memberList(children, document, depth, opened) {
  return h('ul', {class: 'plain members'}, children.map(([name, member, isRequired]) => row(name, member, isRequired, document, depth, opened)));
}

/** The members of a schema as a list that unfolds; `opened` is the one that does so from the beginning. */
export function schemaTree(raw, document, opened) {
  const schema = resolve(raw, document);
  const children = childrenOf(schema, document);
  if (children.length === 0) return h('p', {class: 'soft'}, schema.description || typeText(raw, document));
  const needed = schema.properties && schema.oneOf?.map((each) => each.required.join(' and ')).join(', ');
  return h('div', {}, needed && h('p', {class: 'soft small'}, `Exactly one of ${needed}.`), memberList(children, document, 0, opened));
}
