"""Reads real answers and events with the classes that quicktype made (zest_api.py beside it)."""
import json
import pathlib

import zest_api

answers = json.loads(pathlib.Path("answers.json").read_text())
api = zest_api.api_from_dict(answers)
assert api.spv_request_response.status.value == "pending-review", api.spv_request_response.status
assert api.aggregation_response.documents[0].materialised_refs.vehicle_slug.startswith("veh_")
good, bad = api.investor_bulk_response.results
assert good.status.value == "created" and good.zest_person_id.startswith("psn_")
assert bad.status.value == "failed" and bad.error.code.value == "format" and bad.error.retryable is False
assert api.partner_error_response.code.value == "not_found"
assert api.spv_request_completed_event.data.status.value == "approved"
assert api.spv_request_created_event.occurred_at < api.spv_request_completed_event.occurred_at
written = zest_api.api_to_dict(api)
assert sorted(written) == sorted(answers), sorted(written)
assert written["InvestorCreatedEvent"]["data"] == answers["InvestorCreatedEvent"]["data"]
