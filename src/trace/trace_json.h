// TraceInfo ↔ the JSON object `trace` of a trace file's metadata (docs/formats.md).
#pragma once

#include <string>

#include "format/json_fwd.h"
#include "headscope/trace_info.h"

namespace headscope {

// Format 2.
Json trace_info_to_json(const TraceInfo& info);
// Validates every field; derives TokenSequence::sentences. Throws Error(kBadInput) naming `source`
// and the field.
TraceInfo trace_info_from_json(const Json& json, const std::string& source);

// Format 1: one rule a stack, two sequences. Writing throws Error(kUsage) naming what it cannot
// say.
Json trace_info_to_json_1(const TraceInfo& info);
TraceInfo trace_info_from_json_1(const Json& json, const std::string& source);
// What format 1 said that this version does not know, as keys of format 2.
Json unknown_of_format_1(Json json);

// The entry of one sequence; `sentences` is not in files, whose readers derive it.
Json sequence_to_json(const TokenSequence& tokens);
TokenSequence sequence_from_json(const Json& json, const std::string& source);

// `base` with what `known` says put over it, objects by key and arrays of objects by index: keys of
// a newer version survive.
Json overlay(Json base, const Json& known);

}  // namespace headscope
