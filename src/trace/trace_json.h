// TraceInfo ↔ the JSON object `trace` of a trace file's metadata (docs/formats.md).
#pragma once

#include <string>

#include "format/json.h"
#include "headscope/trace_info.h"

namespace headscope {

Json trace_info_to_json(const TraceInfo& info);

// Validates every field; derives TokenSequence::sentences. Throws Error(kBadInput) naming `source`
// and the field.
TraceInfo trace_info_from_json(const Json& json, const std::string& source);

// `base` with what `known` says put over it, objects by key and arrays of objects by index: keys of
// a newer version survive.
Json overlay(Json base, const Json& known);

}  // namespace headscope
