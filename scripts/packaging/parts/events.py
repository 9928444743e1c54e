"""Schemas of the events. The table of events says which members each has; what a member is, the schemas of the answers say, in
which the same members occur."""
import re

from parts.build import PROJECT

TABLE = PROJECT / "server" / "protocol" / "event_type.h"
ROW = re.compile(r'\{EventType::(\w+),\s*"([a-z_.]+)",\s*\{([^}]*)\}')


def event_rows():
    """(name of the type, event type, members) of every event."""
    text = TABLE.read_text(encoding="utf-8")
    return [(name, event_type, re.findall(r'"(\w+)"', members)) for name, event_type, members in ROW.findall(text)]


def member_schemas(schemas):
    found = {}
    for schema in schemas.values():
        for name, member in schema.get("properties", {}).items():
            found.setdefault(name, member)
    return found


def with_events(document):
    """The document, with a schema for each event and WebhookEvent for any of them."""
    schemas = document["components"]["schemas"]
    if "WebhookEvent" in schemas:
        return document
    text = {"type": "string"}
    known = {**member_schemas(schemas), "status": text}  # each kind of resource has states of its own
    events = []
    for name, event_type, members in event_rows():
        # Not every subscription has ids of the partner's own.
        required = [member for member in members if not member.startswith("partner") or name == "InvestorCreated"]
        schemas[f"{name}Data"] = {"type": "object", "required": required,
                                  "properties": {member: known.get(member, text) for member in members}}
        schemas[f"{name}Event"] = {
            "type": "object", "required": ["eventId", "eventType", "occurredAt", "data"],
            "properties": {"eventId": text, "eventType": {"const": event_type}, "occurredAt": text,
                           "data": {"$ref": f"#/components/schemas/{name}Data"}}}
        events.append({"$ref": f"#/components/schemas/{name}Event"})
    schemas["WebhookEvent"] = {"oneOf": events}
    return document
