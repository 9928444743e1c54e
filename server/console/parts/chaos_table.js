// What chaos rules can say, read from the control plane's own description: which actions there are, and the members of
// each with their types and bounds. The form is made from it, so that a new action needs no change here.
import {exchange} from '../api.js';

function resolve(schema, document) {
  const name = schema?.$ref?.split('/').at(-1);
  return name ? document.components.schemas[name] : schema ?? {};
}

/** The kind of control that a schema asks for. */
function kindOf(schema) {
  if (schema.enum) return 'word';
  if (schema.format === 'timespan') return 'duration';
  if (schema.oneOf || schema.anyOf) return kindOf((schema.oneOf ?? schema.anyOf)[0]);
  return {integer: 'integer', number: 'number', boolean: 'boolean'}[schema.type] ?? 'text';
}

function fieldsOf(schema, document) {
  return Object.entries(schema.properties ?? {}).filter(([name]) => name !== 'type').map(([name, raw]) => {
    const member = resolve(raw, document);
    return {name, help: member.description ?? '', kind: kindOf(member), required: (schema.required ?? []).includes(name), least: member.minimum, most: member.maximum,
      words: member.enum ?? [], standard: member.default};
  });
}

/** {webhook: {match, actions: [{type, help, fields}], exactlyOne}, api: …} */
export function tableOf(document) {
  const body = document.paths['/_sandbox/chaos/rules'].post.requestBody.content['application/json'].schema;
  const table = {};
  for (const each of resolve(body, document).oneOf ?? []) {
    const rule = resolve(each, document);
    const on = resolve(rule.properties.on, document);
    table[on.const ?? on.enum[0]] = {
      match: fieldsOf(resolve(rule.properties.match, document), document),
      actions: (resolve(rule.properties.action, document).oneOf ?? []).map((one) => {
        const action = resolve(one, document);
        const type = resolve(action.properties.type, document);
        return {type: type.const ?? type.enum[0], help: action.description ?? '', fields: fieldsOf(action, document)};
      }),
    };
  }
  return table;
}

let loaded = null;

/** The table of this sandbox; read once. */
export function chaosTable() {
  loaded ??= exchange('GET', '/_sandbox/openapi.json').then((reply) => tableOf(reply.json)).catch((error) => {
    loaded = null;
    throw error;
  });
  return loaded;
}
