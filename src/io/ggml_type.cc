#include "io/ggml_type.h"

#include <array>

#include "io/ggml_blocks.h"

namespace headscope {
namespace {

// Ids and block sizes: GGML_QUANT_SIZES of gguf/constants.py. A type without a function is listed
// so that the error for a file that holds it can name it.
constexpr std::array kTypes = {
    GgmlType{0, "F32", 1, 4, dequantise_f32},
    GgmlType{1, "F16", 1, 2, dequantise_f16},
    GgmlType{2, "Q4_0", 32, 18, dequantise_q4_0},
    GgmlType{3, "Q4_1", 32, 20, dequantise_q4_1},
    GgmlType{6, "Q5_0", 32, 22, dequantise_q5_0},
    GgmlType{7, "Q5_1", 32, 24, dequantise_q5_1},
    GgmlType{8, "Q8_0", 32, 34, dequantise_q8_0},
    GgmlType{9, "Q8_1", 32, 40, nullptr},
    GgmlType{10, "Q2_K", 256, 84, dequantise_q2_k},
    GgmlType{11, "Q3_K", 256, 110, dequantise_q3_k},
    GgmlType{12, "Q4_K", 256, 144, dequantise_q4_k},
    GgmlType{13, "Q5_K", 256, 176, dequantise_q5_k},
    GgmlType{14, "Q6_K", 256, 210, dequantise_q6_k},
    GgmlType{15, "Q8_K", 256, 292, nullptr},
    GgmlType{16, "IQ2_XXS", 256, 66, nullptr},
    GgmlType{17, "IQ2_XS", 256, 74, nullptr},
    GgmlType{18, "IQ3_XXS", 256, 98, nullptr},
    GgmlType{19, "IQ1_S", 256, 50, nullptr},
    GgmlType{20, "IQ4_NL", 32, 18, dequantise_iq4_nl},
    GgmlType{21, "IQ3_S", 256, 110, nullptr},
    GgmlType{22, "IQ2_S", 256, 82, nullptr},
    GgmlType{23, "IQ4_XS", 256, 136, dequantise_iq4_xs},
    GgmlType{24, "I8", 1, 1, nullptr},
    GgmlType{25, "I16", 1, 2, nullptr},
    GgmlType{26, "I32", 1, 4, nullptr},
    GgmlType{27, "I64", 1, 8, nullptr},
    GgmlType{28, "F64", 1, 8, nullptr},
    GgmlType{29, "IQ1_M", 256, 56, nullptr},
    GgmlType{30, "BF16", 1, 2, dequantise_bf16},
    GgmlType{34, "TQ1_0", 256, 54, nullptr},
    GgmlType{35, "TQ2_0", 256, 66, nullptr},
    GgmlType{39, "MXFP4", 32, 17, dequantise_mxfp4},
    GgmlType{40, "NVFP4", 64, 36, nullptr},
    GgmlType{41, "Q1_0", 128, 18, nullptr},
};

struct Removed {
  uint32_t id;
  std::string_view name;
};
// ggml.h keeps these numbers as comments.
constexpr std::array<Removed, 8> kRemoved = {{{4, "Q4_2"},
                                              {5, "Q4_3"},
                                              {31, "Q4_0_4_4"},
                                              {32, "Q4_0_4_8"},
                                              {33, "Q4_0_8_8"},
                                              {36, "IQ4_NL_4_4"},
                                              {37, "IQ4_NL_4_8"},
                                              {38, "IQ4_NL_8_8"}}};

}  // namespace

const GgmlType* find_ggml_type(uint32_t id) {
  for (const GgmlType& type : kTypes) {
    if (type.id == id) return &type;
  }
  return nullptr;
}

std::string readable_ggml_types() {
  std::string names;
  for (const GgmlType& type : kTypes) {
    if (!type.dequantise) continue;
    names += names.empty() ? "" : ", ";
    names += type.name;
  }
  return names;
}

std::optional<std::string_view> removed_ggml_type(uint32_t id) {
  for (const Removed& type : kRemoved) {
    if (type.id == id) return type.name;
  }
  return std::nullopt;
}

}  // namespace headscope
