// Fields that format 1 and format 2 write alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/json_fwd.h"
#include "headscope/trace_info.h"

namespace headscope {

[[noreturn]] void refuse_field(const std::string& source, const std::string& got,
                               const std::string& expected);

std::vector<int32_t> small_ints(const Json& object, const std::string& key,
                                const std::string& source, int64_t low = 0);
// The index of the field's value in `names`; absent reads as `fallback`.
int word_field(const Json& object, const std::string& key, const std::string& source,
               const std::vector<std::string>& names, const std::string& fallback);

MaskInfo mask_from_json(const Json& json, const std::string& source);
Json mask_to_json(const MaskInfo& mask);
std::string_view name_of(MaskKind kind);
std::string_view name_of(BiasKind kind);

RopeInfo rope_from_json(const Json& json, const std::string& source);
Json rope_to_json(const RopeInfo& rope);  // without `factor`, which format 1 lacks

// null = none
std::optional<float> softcap_from_json(const Json& json, const std::string& source);
Json softcap_to_json(const std::optional<float>& softcap);

// A text, or null where it is empty.
Json text_or_null(const std::string& text);

}  // namespace headscope
