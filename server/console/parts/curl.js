// Lines for a shell.
import {shellWord} from '../text.js';

/** A line that puts an access token into $TOKEN, without a key at hand. */
export function tokenLine(client) {
  return `TOKEN=$(curl -s -X POST ${location.origin}/_sandbox/partners/${encodeURIComponent(client)}/token | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')`;
}

/** A call as curl. `bearer`: '$TOKEN', a token, or ''; `parts`: fields of a multipart form, '@file' for files. */
export function curlLine({method, path, headers = {}, bearer = '', body, form, parts}) {
  const lines = [`curl -s${method === 'GET' ? '' : ` -X ${method}`} ${shellWord(location.origin + path)}`];
  if (bearer) lines.push(bearer === '$TOKEN' ? '-H "Authorization: Bearer $TOKEN"' : `-H ${shellWord(`Authorization: Bearer ${bearer}`)}`);
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${shellWord(`${name}: ${value}`)}`);
  if (body !== undefined) lines.push('-H \'Content-Type: application/json\'', `-d ${shellWord(body)}`);
  for (const [name, value] of Object.entries(form ?? {})) lines.push(`--data-urlencode ${shellWord(`${name}=${value}`)}`);
  for (const [name, value] of Object.entries(parts ?? {})) lines.push(`-F ${shellWord(`${name}=${value}`)}`);
  return lines.join(' \\\n  ');
}
