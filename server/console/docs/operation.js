// One operation of the reference.
import {h, fill} from '../dom.js';
import {badge} from '../parts/controls.js';
import {jsonBlock} from '../parts/json.js';
import {exampleOf, schemaTree, typeText} from './schema.js';
import {tryPanel} from './try.js';

const KIND = {GET: 'note', POST: 'good', PUT: 'wait', PATCH: 'wait', DELETE: 'bad'};

function parameterTable(parameters, document) {
  return h('div', {class: 'scroll-x'}, h('table', {}, h('thead', {}, h('tr', {}, ['Parameter', 'In', 'Type', 'Meaning'].map((head) => h('th', {scope: 'col'}, head)))),
    h('tbody', {}, parameters.map((each) => h('tr', {}, h('td', {}, h('code', {}, each.name), each.required && h('span', {class: 'required'}, ' required')), h('td', {}, each.in), h('td', {class: 'soft'}, typeText(each.schema, document)),
      h('td', {}, each.description ?? '', each.schema.enum && h('span', {class: 'soft small'}, ` One of ${each.schema.enum.join(', ')}.`), each.schema.default !== undefined && h('span', {class: 'soft small'}, ` Default ${each.schema.default}.`)))))));
}

function bodyOf(operation, document) {
  const [type, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (!type) return null;
  const example = content.example ?? exampleOf(content.schema, document);
  return h('section', {}, h('h4', {}, 'Body ', h('span', {class: 'soft'}, type, operation.requestBody.required === false ? ', may be left out' : '')), schemaTree(content.schema, document),
    type === 'application/json' && Object.keys(content.schema ?? {}).length > 0 && h('details', {}, h('summary', {}, 'Example'), jsonBlock(example, 'Example of the body')));
}

function answers(operation, document) {
  return h('section', {}, h('h4', {}, 'Answers'), h('ul', {class: 'plain answers'}, Object.entries(operation.responses).map(([status, response]) => {
    const schema = response.content?.['application/json']?.schema;
    const inside = h('div');
    const isSuccess = status.startsWith('2');
    const line = [badge(status === 'default' ? 'other' : status, isSuccess ? 'good' : status.startsWith('5') ? 'bad' : 'wait'), h('span', {}, response.description)];
    if (!schema || Object.keys(schema).length === 0 || !isSuccess) return h('li', {class: 'row'}, line);
    return h('li', {}, h('details', {ontoggle: (event) => {
      if (event.target.open && !inside.firstChild) fill(inside, schemaTree(schema, document), h('details', {}, h('summary', {}, 'Example'), jsonBlock(exampleOf(schema, document), 'Example of the answer')));
    }}, h('summary', {}, h('span', {class: 'row inline'}, line)), inside));
  })));
}

/** The card; its try panel is built when it is opened. */
export function operationCard(operation, document) {
  const place = h('div');
  const isControl = operation.path.startsWith('/_sandbox') || operation.path.startsWith('/admin');
  const needsToken = operation.security?.some((each) => 'HTTPBearer' in each);
  const canTry = !Object.values(operation.responses).some((each) => each.content?.['text/event-stream']) && operation.path !== '/docs' && operation.path !== '/_sandbox/console' && operation.path !== '/_sandbox/docs';
  return h('article', {class: 'operation', id: operation.operationId, 'aria-labelledby': `${operation.operationId}-title`},
    h('header', {}, h('h3', {id: `${operation.operationId}-title`, tabindex: -1}, operation.summary), h('p', {class: 'target'}, badge(operation.method, KIND[operation.method]), h('code', {}, operation.path)),
      h('p', {class: 'row small soft'}, needsToken ? 'Bearer token' : isControl ? 'Admin token, if the sandbox has one' : 'No token', h('a', {href: `#${operation.operationId}`}, operation.operationId))),
    operation.description && h('p', {}, operation.description),
    operation.parameters?.length > 0 && h('section', {}, h('h4', {}, 'Parameters'), parameterTable(operation.parameters, document)),
    bodyOf(operation, document), answers(operation, document),
    canTry && h('details', {class: 'try', ontoggle: (event) => {
      if (event.target.open && !place.firstChild) fill(place, tryPanel(operation, document));
    }}, h('summary', {}, 'Try it, or copy it as curl'), place));
}

/** An event of the webhooks: its data and an example. */
export function webhookCard(name, item, document) {
  const operation = item.post;
  const schema = operation.requestBody.content['application/json'].schema;
  return h('article', {class: 'operation', id: `webhook-${name}`, 'aria-labelledby': `webhook-${name}-title`}, h('header', {}, h('h3', {id: `webhook-${name}-title`, tabindex: -1}, h('code', {}, name)), operation.summary !== name && h('p', {}, operation.summary)),
    h('section', {}, h('h4', {}, 'Payload'), schemaTree(schema, document, 'data')),
    h('details', {}, h('summary', {}, 'Example'), jsonBlock(operation.requestBody.content['application/json'].example ?? exampleOf(schema, document), 'Example of the event')));
}
