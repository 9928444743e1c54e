"""Python's types of the events, made of the schemas in the document that the program itself serves."""


def type_of(schema):
    if "$ref" in schema:
        return f'"{schema["$ref"].rpartition("/")[2]}"'
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return "Literal[" + ", ".join(map(repr, schema["enum"])) + "]"
    kind = schema.get("type")
    if kind == "array":
        return f"List[{type_of(schema.get('items', {}))}]"
    return {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "object": "Dict[str, Any]"}.get(kind, "Any")


def class_of(name, schema):
    required = schema.get("required", [])
    members = {True: [], False: []}
    for member, about in schema["properties"].items():
        members[member in required].append(f"    {member}: {type_of(about)}\n")
    text = ""
    if members[True] and members[False]:
        text += f"class _{name}(TypedDict):\n" + "".join(members[True]) + "\n\n"
        text += f"class {name}(_{name}, total=False):\n" + "".join(members[False])
    else:
        total = "" if members[True] else ", total=False"
        text += f"class {name}(TypedDict{total}):\n" + ("".join(members[True] or members[False]) or "    pass\n")
    return text


def referred(schemas, name, found):
    """Names of the schemas that `name` leads to, itself last."""
    def walk(value):
        if isinstance(value, dict):
            if "$ref" in value:
                referred(schemas, value["$ref"].rpartition("/")[2], found)
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
    if name not in found:
        walk(schemas[name])
        found[name] = schemas[name]
    return found


def event_module(document):
    schemas = document["components"]["schemas"]
    needed = referred(schemas, "WebhookEvent", {})
    union = [one["$ref"].rpartition("/")[2] for one in schemas["WebhookEvent"]["oneOf"]]
    text = '"""Every event, made of the schemas in the sandbox\'s own OpenAPI document."""\n'
    text += "from typing import Any, Dict, List, Literal, TypedDict, Union\n\n"
    for name, schema in needed.items():
        if "properties" in schema:
            text += "\n" + class_of(name, schema) + "\n"
        elif name != "WebhookEvent":
            text += f"\n{name} = {type_of(schema)}\n"
    return text + "\nWebhookEvent = Union[" + ", ".join(union) + "]\n"
