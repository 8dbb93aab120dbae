// Typed reading of a model's configuration, whose fields have had several names and places over the
// years: every getter takes the spellings, the first that is there counts.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "format/json_fwd.h"
#include "model/spec.h"

namespace headscope {

struct ModelConfigFile;

class ConfigReader {
 public:
  using Names = std::initializer_list<const char*>;

  // Throws Error(kBadInput) where the configuration is no object. `file` must outlive the reader.
  explicit ConfigReader(const ModelConfigFile& file);

  // At least 1 and at most `most`. All getters throw Error(kBadInput) naming file and field.
  int64_t size(Names names, std::optional<int64_t> fallback = {}, int64_t most = kMost) const;
  std::optional<int64_t> optional_size(Names names) const;
  // A token id or another number from 0.
  std::optional<int64_t> id(Names names) const;
  double number(Names names, std::optional<double> fallback = {}) const;
  std::optional<double> optional_number(Names names) const;
  bool flag(Names names, bool fallback) const;
  std::string text(Names names, std::optional<std::string> fallback = {}) const;
  // The field, or null where none of the names is there.
  const Json* find(Names names) const;
  // Whether the file says that the field is null. A class's default counts where it says nothing.
  bool is_null(const char* name) const;
  const Json& json() const;
  const std::string& source() const;

  Activation activation(Names names, std::optional<std::string> fallback = {}) const;
  // Of a name that stands in `field`, perhaps with more.
  Activation activation_named(const char* field, const std::string& name) const;
  // At least 0 and below 1.
  float eps(Names names, double fallback) const;
  // D / H; throws where it is no whole number.
  int64_t even_heads(int64_t width, int64_t heads, const char* width_name,
                     const char* heads_name) const;
  // Throws Error(kBadInput, HS-MODEL-02): what the file describes is not run.
  [[noreturn]] void refuse(const std::string& got, const std::string& expected) const;
  // Refuses a flag that is true.
  void refuse_flag(const char* name, const char* expected) const;
  // The first of `architectures`, "" without.
  std::string architecture() const;
  bool is_for(const char* ending) const { return architecture().ends_with(ending); }

  // Far above any model, far below what could overflow.
  static constexpr int64_t kMost = int64_t{1} << 24;

 private:
  // The first of the names that is there, the first of all without.
  const char* name_of(Names names) const;

  const ModelConfigFile& file_;
};

// Rotary positions over `head_dim`: theta, partial rotation and scaling (default, linear, dynamic,
// yarn, longrope, llama3), as rope_parameters of newer files or rope_theta and rope_scaling of
// older ones say. `kind` picks from parameters that differ by layer ("full_attention"); "" = one
// for all.
struct RopeDefaults {
  double theta = 10000.0;
  const char* theta_name = "rope_theta";  // of older files
  std::optional<double> partial;          // nullopt: models of the type turn whole heads
  const char* partial_name = "partial_rotary_factor";  // of older files
  bool scaled = true;                                  // older files' rope_scaling counts
  const char* rope = "{}";                             // of files that say none
  std::optional<int64_t> original;  // positions before the stretch, of files that say none
  bool only_longrope = false;       // no other scaling; "yarn" of old files means it, too
};
RopeSpec read_rope(const ConfigReader& config, int64_t head_dim, int64_t positions,
                   const std::string& kind = {}, const RopeDefaults& defaults = {});

// Which layers slide: `layer_types` where the file has it, else `otherwise(layer)`.
std::vector<bool> sliding_layers(const ConfigReader& config, int64_t layers,
                                 const std::function<bool(int64_t)>& otherwise);

// Keys i−W+1 … i.
MaskInfo sliding_mask(int64_t window);
MaskInfo causal_mask();

}  // namespace headscope
