// The codes of errors, by which programs decide. Zest docs: errors, errors/validation. Thread-safety:
// immutable.
#pragma once

#include <string_view>

namespace zest {

// `code` of the Partner API's error envelope.
inline constexpr std::string_view kErrorCodes[] = {
    "validation_error", "invalid_request",    "invalid_token",     "forbidden",
    "not_found",        "conflict",           "payload_too_large", "unsupported_media_type",
    "internal_error",   "service_unavailable"};

// Two more of the control plane.
inline constexpr std::string_view kControlErrorCodes[] = {"timeout", "unauthorized"};

// `code` of a row of validationErrors, and of an investor's row that failed.
inline constexpr std::string_view kValidationCodes[] = {"required",
                                                        "unknown_attribute",
                                                        "type",
                                                        "enum",
                                                        "pattern",
                                                        "max_length",
                                                        "min_value",
                                                        "max_value",
                                                        "format",
                                                        "currency_mismatch",
                                                        "server_supplied",
                                                        "institutional_not_supported"};

}  // namespace zest
