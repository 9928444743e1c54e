"""TypeScript declarations of the schemas in the documents that the program itself serves."""
import json
import re
import signal
import subprocess
import urllib.request

from parts.build import Problem

DOCUMENTS = {"PartnerApi": "/openapi.json", "ControlPlane": "/_sandbox/openapi.json"}


def served_documents(program):
    """The OpenAPI documents, by the namespace that their schemas get."""
    process = subprocess.Popen([program, "serve", "--port", "0", "--end-with-input"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        for line in process.stdout:
            if line.startswith("{"):
                url = json.loads(line)["url"]
            if line.strip() == "Ready.":
                break
        else:
            raise Problem(f"{program} does not start here; run it to see why")
        return {name: json.load(urllib.request.urlopen(url + path)) for name, path in DOCUMENTS.items()}
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdin.close()
        process.stdout.close()


def identifier(name):
    return re.sub(r"\W", "_", name)


def comment(schema, indent):
    text = schema.get("description", "").replace("*/", "* /")
    return f"{indent}/** {text} */\n" if text else ""


def type_of(schema, indent=""):
    """A type's text; members of objects are indented below `indent`."""
    if not isinstance(schema, dict) or not schema:
        return "unknown"
    if "$ref" in schema:
        return identifier(schema["$ref"].rpartition("/")[2])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    for keyword, between in (("oneOf", " | "), ("anyOf", " | "), ("allOf", " & ")):
        if keyword in schema:
            return between.join(type_of(one, indent) for one in schema[keyword])
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(type_of({**schema, "type": one}, indent) for one in kind)
    if kind == "array":
        inner = type_of(schema.get("items", {}), indent)
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    if kind == "object" or "properties" in schema:
        return object_of(schema, indent)
    return {"string": "string", "integer": "number", "number": "number", "boolean": "boolean",
            "null": "null"}.get(kind, "unknown")


def object_of(schema, indent):
    required = schema.get("required", [])
    lines = []
    for name, member in schema.get("properties", {}).items():
        spelt = name if name.isidentifier() else json.dumps(name)
        optional = "" if name in required else "?"
        lines.append(comment(member, indent + "  ") + f"{indent}  {spelt}{optional}: {type_of(member, indent + '  ')};\n")
    if isinstance(schema.get("additionalProperties"), dict):
        lines.append(f"{indent}  [name: string]: {type_of(schema['additionalProperties'], indent + '  ')};\n")
    elif not lines:
        return "Record<string, any>"
    return "{\n" + "".join(lines) + indent + "}"


def declarations(documents):
    """The text of schemas.d.ts: a namespace for each document, and the events beside them."""
    text = "// Made of the schemas in the sandbox's own OpenAPI documents.\n"
    for space, document in documents.items():
        text += f"\nexport namespace {space} {{\n"
        for name, schema in document["components"]["schemas"].items():
            text += comment(schema, "  ") + f"  type {identifier(name)} = {type_of(schema, '  ')};\n"
        text += "}\n"
    events = [name for name in documents["PartnerApi"]["components"]["schemas"] if name.endswith("Event")]
    text += "\n" + "".join(f"export type {name} = PartnerApi.{name};\n" for name in events)
    return text

